package auth

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// Place says where an action happens, and so how far a binding must reach to
// give the right to it.
type Place int

// The places.
const (
	PlaceOrganisation Place = iota // the whole installation: a binding without limits
	PlaceProject                   // a project, in all its groups
	PlaceGroup                     // a gateway group, for all its projects
	PlaceAPI                       // what a project has in a group
)

// String returns the place's name in text.
func (p Place) String() string {
	switch p {
	case PlaceProject:
		return "project"
	case PlaceGroup:
		return "group"
	case PlaceAPI:
		return "project and group"
	}
	return "organisation"
}

// Grant is how much of an action a role gives.
type Grant int

// The grants, each more than the one before.
const (
	GrantNone  Grant = iota
	GrantOwner       // to who owns the thing
	GrantOwn         // to its owner and its collaborators
	GrantAll
)

// String returns the grant as the table of the documentation has it.
func (g Grant) String() string {
	switch g {
	case GrantOwner:
		return "owner"
	case GrantOwn:
		return "own"
	case GrantAll:
		return "yes"
	}
	return "–"
}

// suffices reports whether the grant covers somebody with that part in the
// thing.
func (g Grant) suffices(p Part) bool {
	return g == GrantAll || g == GrantOwn && p >= PartCollaborator || g == GrantOwner && p >= PartOwner
}

// Rule is a row of the table: an action, and which role may do it.
type Rule struct {
	Action gatewright.Action
	Place  Place
	reach  reach
	grants string // a letter for each of gatewright.Roles: y all, o own, m owner, . none
	Text   string // what the action is, for people: "publish a new version"
}

// reach is what widens a row beyond its grants.
type reach int

const (
	plain reach = iota
	// shared is for reading what a whole installation, or a whole group, has in
	// common: a binding limited to some other dimension gives it too.
	shared
	// self is for what belongs to one person, who may do it whatever the roles.
	self
)

// Shared reports whether bindings with a limit the action's place does not have
// give the action too.
func (r Rule) Shared() bool { return r.reach == shared }

// Self reports whether a person may do it with what is theirs, without any
// role.
func (r Rule) Self() bool { return r.reach == self }

// Grant returns what the role gives of the action; a role that does not exist
// gives nothing.
func (r Rule) Grant(role gatewright.Role) Grant {
	i := slices.Index(gatewright.Roles(), role)
	if i < 0 || i >= len(r.grants) {
		return GrantNone
	}
	return Grant(max(0, strings.IndexByte(".moy", r.grants[i])))
}

// Rules returns the table, in the order in which it is written.
func Rules() []Rule {
	return slices.Concat(apiRules(), deploymentRules(), callerRules(), groupRules(), peopleRules(), recordRules())
}

// RuleOf returns the row of an action, and false when the table has none: such
// an action is nobody's.
func RuleOf(a gatewright.Action) (Rule, bool) {
	r, ok := table[a]
	return r, ok
}

// table is [Rules] by action. It is never written to.
var table = func() map[gatewright.Action]Rule {
	rules := Rules()
	m := make(map[gatewright.Action]Rule, len(rules))
	for _, r := range rules {
		m[r.Action] = r
	}
	return m
}()

// The columns are, from left to right: super admin, project admin, API
// provider, data developer, approver, gateway operator, auditor, viewer.

// apiRules is about what APIs are, wherever they run.
func apiRules() []Rule {
	return []Rule{
		{gatewright.ActionAPIRead, PlaceProject, shared, "yyyyyyyy", "see APIs, their settings, folders' content and tracks"},
		{gatewright.ActionAPICreate, PlaceProject, plain, "yyyy....", "create an API"},
		{gatewright.ActionAPISettings, PlaceProject, plain, "yyoo....", "alter an API's settings: description, limits, security level"},
		{gatewright.ActionAPITag, PlaceProject, plain, "yyyo....", "put tags on an API"},
		{gatewright.ActionAPIMove, PlaceProject, plain, "yyyo....", "put an API into another folder or project"},
		{gatewright.ActionAPICollaborate, PlaceProject, plain, "yymm....", "choose an API's collaborators"},
		{gatewright.ActionAPITransfer, PlaceProject, plain, "yymm....", "give an API to another owner"},
		{gatewright.ActionAPIDeprecate, PlaceProject, plain, "yyoo....", "mark a version of an API as deprecated, with its dates"},
		{gatewright.ActionAPIRetire, PlaceProject, plain, "yyoo....", "retire an API: no new uses, then an end"},
		{gatewright.ActionAPIDelete, PlaceProject, plain, "yymm....", "delete an API that runs nowhere"},
		{gatewright.ActionAPITest, PlaceAPI, plain, "yyyo....", "call an API before it is published"},
		{gatewright.ActionRevisionRead, PlaceProject, shared, "yyyyyyyy", "see revisions, their documents and differences"},
		{gatewright.ActionRevisionCreate, PlaceProject, plain, "yyyo....", "store a revision"},
		{gatewright.ActionRevisionEdit, PlaceProject, plain, "yyyo....", "edit a draft"},
		{gatewright.ActionRevisionDelete, PlaceProject, plain, "yyoo....", "delete a revision that runs nowhere"},
		{gatewright.ActionFolderCreate, PlaceProject, plain, "yyyy....", "create a folder"},
		{gatewright.ActionFolderEdit, PlaceProject, plain, "yyyy....", "rename a folder"},
		{gatewright.ActionFolderMove, PlaceProject, plain, "yyyy....", "move a folder with all below it"},
		{gatewright.ActionFolderDelete, PlaceProject, plain, "yyyy....", "delete a folder; what it holds moves up"},
		{gatewright.ActionTagEdit, PlaceProject, plain, "yyyy....", "make, rename and remove tags and their groups"},
		{gatewright.ActionTemplateRead, PlaceOrganisation, shared, "yyyyyyyy", "see templates"},
		{gatewright.ActionTemplateEdit, PlaceOrganisation, plain, "y.......", "make, alter and remove templates"},
	}
}

// deploymentRules is about what runs where, and how that changes.
func deploymentRules() []Rule {
	return []Rule{
		{gatewright.ActionDeploymentRead, PlaceAPI, plain, "yyyyyyyy", "see what runs where"},
		{gatewright.ActionAPIPublish, PlaceAPI, plain, "yyyo....", "publish a new version"},
		{gatewright.ActionAPIDeploy, PlaceAPI, plain, "yyyo....", "deploy a stored revision"},
		{gatewright.ActionAPISync, PlaceAPI, plain, "yyyo....", "carry a running version from one group to another; needed on both"},
		{gatewright.ActionAPIRollback, PlaceAPI, plain, "yyyo.y..", "go back to a revision that ran before"},
		{gatewright.ActionAPIUndeploy, PlaceAPI, plain, "yyyo....", "take an API off a group"},
		{gatewright.ActionAPIEnable, PlaceAPI, plain, "yyyo.y..", "enable an API on a group"},
		{gatewright.ActionAPIDisable, PlaceAPI, plain, "yyyo.y..", "disable an API on a group"},
		{gatewright.ActionAPIConfigure, PlaceAPI, plain, "yyyo.y..", "alter runtime configuration: upstream, hosts, prefix"},
		{gatewright.ActionAPICanary, PlaceAPI, plain, "yyyo....", "start, step, promote and abort a canary"},
		{gatewright.ActionConfigExport, PlaceAPI, plain, "yyyyyyyy", "export what a group or project holds as a file"},
		{gatewright.ActionConfigApply, PlaceAPI, plain, "yyyo.y..", "apply a file to a group; each part needs its own right too"},
		{gatewright.ActionConfigPrune, PlaceAPI, plain, "yyy..y..", "delete what an applied file does not name"},
		{gatewright.ActionCachePurge, PlaceAPI, plain, "yyyo.y..", "purge cached answers"},

		{gatewright.ActionChangeRead, PlaceAPI, plain, "yyyyyyyy", "see plans, changes and history"},
		{gatewright.ActionChangeApprove, PlaceAPI, plain, "yy..y...", "approve or reject a change; never one's own"},
		{gatewright.ActionChangeSchedule, PlaceAPI, plain, "yyyo....", "give a change a time"},
		{gatewright.ActionChangeCancel, PlaceAPI, plain, "yyyo.y..", "withdraw a change before it begins"},
		{gatewright.ActionChangeRevert, PlaceAPI, plain, "yyyo.y..", "put back a change that is live"},
		{gatewright.ActionBreakingAllow, PlaceAPI, plain, "yy..y...", "let a breaking change pass"},
		{gatewright.ActionFreezeRead, PlaceAPI, shared, "yyyyyyyy", "see freeze windows"},
		{gatewright.ActionFreezeEdit, PlaceAPI, plain, "yy...y..", "make, alter and end freeze windows"},
		{gatewright.ActionFreezeOverride, PlaceAPI, plain, "yy......", "change something in spite of a freeze"},
	}
}

// callerRules is about who calls APIs, and how much.
func callerRules() []Rule {
	return []Rule{
		{gatewright.ActionAppRead, PlaceAPI, plain, "yyyyyyyy", "see apps, without secrets"},
		{gatewright.ActionAppCreate, PlaceAPI, plain, "yyyy.y..", "create an app"},
		{gatewright.ActionAppEdit, PlaceAPI, plain, "yyyo.y..", "alter an app"},
		{gatewright.ActionAppDelete, PlaceAPI, plain, "yyyo.y..", "delete an app"},
		{gatewright.ActionAppRotate, PlaceAPI, plain, "yyyo.y..", "make and replace an app's credentials"},
		{gatewright.ActionAppRevoke, PlaceAPI, plain, "yyyo.y..", "revoke an app's credentials"},
		{gatewright.ActionGrantRead, PlaceAPI, plain, "yyyyyyyy", "see which app may call what"},
		{gatewright.ActionGrantCreate, PlaceAPI, plain, "yyoo....", "let an app call an API"},
		{gatewright.ActionGrantEdit, PlaceAPI, plain, "yyoo....", "alter a grant's limits, rows and columns"},
		{gatewright.ActionGrantDelete, PlaceAPI, plain, "yyoo.y..", "take a grant back"},
		{gatewright.ActionLimitsRead, PlaceProject, shared, "yyyyyyyy", "see limits"},
		{gatewright.ActionLimitsEdit, PlaceOrganisation, plain, "y.......", "set the limits of a project or a group"},
		{gatewright.ActionUsageRead, PlaceAPI, plain, "yyyyyyyy", "see traffic, errors and deployment units"},
		{gatewright.ActionLogRead, PlaceAPI, plain, "yyyo.yy.", "read access logs, which may hold personal data"},
	}
}

// groupRules is about gateway groups and what they have beside APIs.
func groupRules() []Rule {
	return []Rule{
		{gatewright.ActionGroupRead, PlaceGroup, shared, "yyyyyyyy", "see gateway groups"},
		{gatewright.ActionGroupCreate, PlaceOrganisation, plain, "y....y..", "create a gateway group"},
		{gatewright.ActionGroupEdit, PlaceGroup, plain, "y....y..", "alter a group's name, labels and hostnames"},
		{gatewright.ActionGroupRules, PlaceGroup, plain, "y.......", "set a group's stage, approval and compatibility rules"},
		{gatewright.ActionGroupDelete, PlaceGroup, plain, "y.......", "delete a gateway group"},
		{gatewright.ActionRegistryRead, PlaceGroup, shared, "yyyyyyyy", "see service registries"},
		{gatewright.ActionRegistryEdit, PlaceGroup, plain, "y....y..", "add, alter and remove service registries"},
		{gatewright.ActionUpstreamRead, PlaceGroup, shared, "yyyyyyyy", "see named upstreams"},
		{gatewright.ActionUpstreamEdit, PlaceGroup, plain, "yyy..y..", "add, alter and remove named upstreams"},
		{gatewright.ActionCertificateRead, PlaceGroup, shared, "yyyyyyyy", "see certificates, never keys"},
		{gatewright.ActionCertificateEdit, PlaceGroup, plain, "y....y..", "add, replace and remove certificates"},
		{gatewright.ActionPolicyRead, PlaceGroup, shared, "yyyyyyyy", "see global policies and their metadata"},
		{gatewright.ActionPolicyEdit, PlaceGroup, plain, "y....y..", "add, alter and remove global policies"},
		{gatewright.ActionFlowAttach, PlaceGroup, plain, "y....y..", "run a shared flow before or after every API of a group"},
		{gatewright.ActionSecretRead, PlaceGroup, shared, "yyyyyyy.", "see the names of secrets, never values"},
		{gatewright.ActionSecretEdit, PlaceGroup, plain, "y....y..", "add, replace and remove secrets"},
		{gatewright.ActionInstanceRead, PlaceGroup, shared, "yyyyyyyy", "see gateway instances"},
		{gatewright.ActionInstanceForget, PlaceGroup, plain, "y....y..", "forget an instance that is not running"},
		{gatewright.ActionInstanceDiagnose, PlaceGroup, plain, "y....y..", "ask a running instance: explain a URL, profile"},
		{gatewright.ActionInstanceTokenRead, PlaceGroup, plain, "y....yy.", "see a group's instance tokens, without secrets"},
		{gatewright.ActionInstanceTokenCreate, PlaceGroup, plain, "y....y..", "make an instance token"},
		{gatewright.ActionInstanceTokenRevoke, PlaceGroup, plain, "y....y..", "revoke an instance token"},

		{gatewright.ActionDataSourceRead, PlaceGroup, shared, "yyyyyyyy", "see data sources, without passwords"},
		{gatewright.ActionDataSourceEdit, PlaceGroup, plain, "y....y..", "add, alter and remove data sources"},
		{gatewright.ActionDataSourceInspect, PlaceGroup, plain, "yy.y.y..", "read the tables and fields of a data source"},
		{gatewright.ActionTableRead, PlaceAPI, shared, "yyyyyyyy", "see physical and logical tables"},
		{gatewright.ActionTableEdit, PlaceAPI, plain, "yy.y....", "add, alter and remove physical and logical tables"},
		{gatewright.ActionTableGrant, PlaceAPI, plain, "yy......", "let a project or app use a logical table"},
		{gatewright.ActionTableQuery, PlaceAPI, plain, "yy.y....", "run a query while developing"},
	}
}

// peopleRules is about people, projects and what they prove themselves with.
func peopleRules() []Rule {
	return []Rule{
		{gatewright.ActionUserRead, PlaceOrganisation, shared, "yyyyyyyy", "see who there is"},
		{gatewright.ActionUserCreate, PlaceOrganisation, plain, "y.......", "create a user"},
		{gatewright.ActionUserEdit, PlaceOrganisation, plain, "y.......", "alter a user's login and e-mail address"},
		{gatewright.ActionUserProfile, PlaceOrganisation, self, "y.......", "alter a user's display name and language"},
		{gatewright.ActionUserPassword, PlaceOrganisation, self, "y.......", "set a password; one's own with the old one"},
		{gatewright.ActionUserDisable, PlaceOrganisation, plain, "y.......", "disable and enable a user"},
		{gatewright.ActionUserDelete, PlaceOrganisation, plain, "y.......", "delete a user"},
		{gatewright.ActionProjectRead, PlaceProject, shared, "yyyyyyyy", "see projects"},
		{gatewright.ActionProjectCreate, PlaceOrganisation, plain, "y.......", "create a project"},
		{gatewright.ActionProjectEdit, PlaceProject, plain, "yy......", "alter a project and its rules"},
		{gatewright.ActionProjectDelete, PlaceOrganisation, plain, "y.......", "delete an empty project"},
		{gatewright.ActionBindingRead, PlaceProject, shared, "yyyyyyyy", "see who has which role"},
		{gatewright.ActionBindingCreate, PlaceAPI, plain, "yy......", "give a role, at most what one may do oneself"},
		{gatewright.ActionBindingDelete, PlaceAPI, plain, "yy......", "take a role away"},
		{gatewright.ActionTokenRead, PlaceOrganisation, self, "y.....y.", "see personal tokens, without secrets"},
		{gatewright.ActionTokenCreate, PlaceOrganisation, self, "........", "make a personal token, for oneself only"},
		{gatewright.ActionTokenRevoke, PlaceOrganisation, self, "y.......", "revoke a personal token"},
		{gatewright.ActionServiceTokenRead, PlaceProject, plain, "yy....y.", "see service tokens, without secrets"},
		{gatewright.ActionServiceTokenCreate, PlaceProject, plain, "yy......", "make a service token"},
		{gatewright.ActionServiceTokenRevoke, PlaceProject, plain, "yy......", "revoke a service token"},
		{gatewright.ActionAdminTokenRead, PlaceOrganisation, plain, "y.....y.", "see admin tokens, without secrets"},
		{gatewright.ActionAdminTokenCreate, PlaceOrganisation, plain, "y.......", "make an admin token, which nobody owns and which may do everything"},
		{gatewright.ActionAdminTokenRevoke, PlaceOrganisation, plain, "y.......", "revoke an admin token"},
		{gatewright.ActionSessionRead, PlaceOrganisation, self, "y.....y.", "see sessions"},
		{gatewright.ActionSessionEnd, PlaceOrganisation, self, "y.......", "end a session"},
		{gatewright.ActionLoginEdit, PlaceOrganisation, plain, "y.......", "set up logins through OpenID Connect"},
	}
}

// recordRules is about what is written down, and the installation.
func recordRules() []Rule {
	return []Rule{
		{gatewright.ActionAuditRead, PlaceAPI, plain, "yy....y.", "read the audit log"},
		{gatewright.ActionAuditExport, PlaceAPI, plain, "yy....y.", "export the audit log"},
		{gatewright.ActionAuditVerify, PlaceOrganisation, plain, "y.....y.", "check that nothing in the audit log was altered"},
		{gatewright.ActionEventRead, PlaceAPI, plain, "yyyyyyyy", "follow what happens"},
		{gatewright.ActionNotificationRead, PlaceOrganisation, self, "........", "see one's own notifications"},
		{gatewright.ActionNotificationEdit, PlaceOrganisation, self, "........", "choose one's own notifications"},
		{gatewright.ActionReceiverRead, PlaceAPI, plain, "yyyyyyyy", "see receivers of notifications, without secrets"},
		{gatewright.ActionReceiverEdit, PlaceAPI, plain, "yy...y..", "add, alter and remove receivers"},
		{gatewright.ActionReceiverTest, PlaceAPI, plain, "yy...y..", "send a test message"},
		{gatewright.ActionAlarmRead, PlaceAPI, plain, "yyyyyyyy", "see alarms and their rules"},
		{gatewright.ActionAlarmEdit, PlaceAPI, plain, "yyoo.y..", "add, alter, silence and remove alarm rules"},
		{gatewright.ActionSystemRead, PlaceOrganisation, shared, "yyyyyyyy", "see the version and health of the control plane"},
		{gatewright.ActionSettingsRead, PlaceOrganisation, plain, "y....yy.", "see the installation's settings"},
		{gatewright.ActionSettingsEdit, PlaceOrganisation, plain, "y.......", "alter the installation's settings"},
		{gatewright.ActionBackupRead, PlaceOrganisation, plain, "y.......", "see backups"},
		{gatewright.ActionBackupCreate, PlaceOrganisation, plain, "y.......", "make a backup"},
		{gatewright.ActionBackupRestore, PlaceOrganisation, plain, "y.......", "restore a backup"},
	}
}
