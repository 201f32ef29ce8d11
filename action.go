package gatewright

import "strings"

// Action is something a request does, as "noun.verb". Rights are given by
// action; who has which is the table of package auth. Names are part of the
// management API, because tokens' scopes hold them; they are never re-used for
// another meaning.
type Action string

// The actions.
const (
	// What APIs are.
	ActionAPIRead        Action = "api.read"
	ActionAPICreate      Action = "api.create"
	ActionAPISettings    Action = "api.settings"
	ActionAPITag         Action = "api.tag"
	ActionAPIMove        Action = "api.move"
	ActionAPICollaborate Action = "api.collaborate"
	ActionAPITransfer    Action = "api.transfer"
	ActionAPIDeprecate   Action = "api.deprecate"
	ActionAPIRetire      Action = "api.retire"
	ActionAPIDelete      Action = "api.delete"
	ActionAPITest        Action = "api.test"
	ActionRevisionRead   Action = "revision.read"
	ActionRevisionCreate Action = "revision.create"
	ActionRevisionEdit   Action = "revision.edit"
	ActionRevisionDelete Action = "revision.delete"
	ActionFolderCreate   Action = "folder.create"
	ActionFolderEdit     Action = "folder.edit"
	ActionFolderMove     Action = "folder.move"
	ActionFolderDelete   Action = "folder.delete"
	ActionTagEdit        Action = "tag.edit"
	ActionTemplateRead   Action = "template.read"
	ActionTemplateEdit   Action = "template.edit"

	// What runs where.
	ActionDeploymentRead Action = "deployment.read"
	ActionAPIPublish     Action = "api.publish"
	ActionAPIDeploy      Action = "api.deploy"
	ActionAPISync        Action = "api.sync"
	ActionAPIRollback    Action = "api.rollback"
	ActionAPIUndeploy    Action = "api.undeploy"
	ActionAPIEnable      Action = "api.enable"
	ActionAPIDisable     Action = "api.disable"
	ActionAPIConfigure   Action = "api.configure"
	ActionAPICanary      Action = "api.canary"
	ActionConfigExport   Action = "config.export"
	ActionConfigApply    Action = "config.apply"
	ActionConfigPrune    Action = "config.prune"
	ActionCachePurge     Action = "cache.purge"

	// Changes.
	ActionChangeRead     Action = "change.read"
	ActionChangeApprove  Action = "change.approve"
	ActionChangeSchedule Action = "change.schedule"
	ActionChangeCancel   Action = "change.cancel"
	ActionChangeRevert   Action = "change.revert"
	ActionBreakingAllow  Action = "breaking.allow"
	ActionFreezeRead     Action = "freeze.read"
	ActionFreezeEdit     Action = "freeze.edit"
	ActionFreezeOverride Action = "freeze.override"

	// Callers.
	ActionAppRead     Action = "app.read"
	ActionAppCreate   Action = "app.create"
	ActionAppEdit     Action = "app.edit"
	ActionAppDelete   Action = "app.delete"
	ActionAppRotate   Action = "app.rotate"
	ActionAppRevoke   Action = "app.revoke"
	ActionGrantRead   Action = "grant.read"
	ActionGrantCreate Action = "grant.create"
	ActionGrantEdit   Action = "grant.edit"
	ActionGrantDelete Action = "grant.delete"
	ActionLimitsRead  Action = "limits.read"
	ActionLimitsEdit  Action = "limits.edit"
	ActionUsageRead   Action = "usage.read"
	ActionLogRead     Action = "log.read"

	// Groups and their resources.
	ActionGroupRead           Action = "group.read"
	ActionGroupCreate         Action = "group.create"
	ActionGroupEdit           Action = "group.edit"
	ActionGroupRules          Action = "group.rules"
	ActionGroupDelete         Action = "group.delete"
	ActionRegistryRead        Action = "registry.read"
	ActionRegistryEdit        Action = "registry.edit"
	ActionUpstreamRead        Action = "upstream.read"
	ActionUpstreamEdit        Action = "upstream.edit"
	ActionCertificateRead     Action = "certificate.read"
	ActionCertificateEdit     Action = "certificate.edit"
	ActionPolicyRead          Action = "policy.read"
	ActionPolicyEdit          Action = "policy.edit"
	ActionFlowAttach          Action = "flow.attach"
	ActionSecretRead          Action = "secret.read"
	ActionSecretEdit          Action = "secret.edit"
	ActionInstanceRead        Action = "instance.read"
	ActionInstanceForget      Action = "instance.forget"
	ActionInstanceDiagnose    Action = "instance.diagnose"
	ActionInstanceTokenRead   Action = "instancetoken.read"
	ActionInstanceTokenCreate Action = "instancetoken.create"
	ActionInstanceTokenRevoke Action = "instancetoken.revoke"

	// Data.
	ActionDataSourceRead    Action = "datasource.read"
	ActionDataSourceEdit    Action = "datasource.edit"
	ActionDataSourceInspect Action = "datasource.inspect"
	ActionTableRead         Action = "table.read"
	ActionTableEdit         Action = "table.edit"
	ActionTableGrant        Action = "table.grant"
	ActionTableQuery        Action = "table.query"

	// People.
	ActionUserRead           Action = "user.read"
	ActionUserCreate         Action = "user.create"
	ActionUserEdit           Action = "user.edit"
	ActionUserProfile        Action = "user.profile"
	ActionUserPassword       Action = "user.password"
	ActionUserDisable        Action = "user.disable"
	ActionUserDelete         Action = "user.delete"
	ActionProjectRead        Action = "project.read"
	ActionProjectCreate      Action = "project.create"
	ActionProjectEdit        Action = "project.edit"
	ActionProjectDelete      Action = "project.delete"
	ActionBindingRead        Action = "binding.read"
	ActionBindingCreate      Action = "binding.create"
	ActionBindingDelete      Action = "binding.delete"
	ActionTokenRead          Action = "token.read"
	ActionTokenCreate        Action = "token.create"
	ActionTokenRevoke        Action = "token.revoke"
	ActionServiceTokenRead   Action = "servicetoken.read"
	ActionServiceTokenCreate Action = "servicetoken.create"
	ActionServiceTokenRevoke Action = "servicetoken.revoke"
	ActionAdminTokenRead     Action = "admintoken.read"
	ActionAdminTokenCreate   Action = "admintoken.create"
	ActionAdminTokenRevoke   Action = "admintoken.revoke"
	ActionSessionRead        Action = "session.read"
	ActionSessionEnd         Action = "session.end"
	ActionLoginEdit          Action = "login.edit"

	// Records and the installation.
	ActionAuditRead        Action = "audit.read"
	ActionAuditExport      Action = "audit.export"
	ActionAuditVerify      Action = "audit.verify"
	ActionEventRead        Action = "event.read"
	ActionNotificationRead Action = "notification.read"
	ActionNotificationEdit Action = "notification.edit"
	ActionReceiverRead     Action = "receiver.read"
	ActionReceiverEdit     Action = "receiver.edit"
	ActionReceiverTest     Action = "receiver.test"
	ActionAlarmRead        Action = "alarm.read"
	ActionAlarmEdit        Action = "alarm.edit"
	ActionSystemRead       Action = "system.read"
	ActionSettingsRead     Action = "settings.read"
	ActionSettingsEdit     Action = "settings.edit"
	ActionBackupRead       Action = "backup.read"
	ActionBackupCreate     Action = "backup.create"
	ActionBackupRestore    Action = "backup.restore"
)

// Noun returns what the action is done to: what stands before the dot.
func (a Action) Noun() string {
	noun, _, _ := strings.Cut(string(a), ".")
	return noun
}
