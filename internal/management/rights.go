package management

import (
	"maps"

	"github.com/gatewright/gatewright"
)

// rights says for every operation, by its ID, what it takes. Which role has
// which right is the table of package auth. For operations of accessInside the
// action is the least that they take.
func rights() map[string]right {
	all := map[string]right{}
	for _, part := range []map[string]right{catalogRights(), changeRights(), groupRights(), peopleRights(), recordRights()} {
		maps.Copy(all, part)
	}
	return all
}

// catalogRights is about what APIs are, wherever they run.
func catalogRights() map[string]right {
	return map[string]right{
		"listAPIs":         somewhere(gatewright.ActionAPIRead),
		"getAPI":           there(gatewright.ActionAPIRead, ofAPI),
		"createAPI":        inside(gatewright.ActionAPICreate),
		"updateAPI":        inside(gatewright.ActionAPIRead),
		"deleteAPI":        there(gatewright.ActionAPIDelete, ofAPI),
		"tagAPI":           there(gatewright.ActionAPITag, ofAPI),
		"listRevisions":    there(gatewright.ActionRevisionRead, ofAPI),
		"getRevision":      there(gatewright.ActionRevisionRead, ofAPI),
		"getDocument":      there(gatewright.ActionRevisionRead, ofAPI),
		"compareRevisions": there(gatewright.ActionRevisionRead, ofAPI),
		"createRevision":   there(gatewright.ActionRevisionCreate, ofAPI),
		"updateRevision":   inside(gatewright.ActionRevisionEdit),
		"deleteRevision":   there(gatewright.ActionRevisionDelete, ofAPI),
		"pruneRevisions":   there(gatewright.ActionRevisionDelete, ofAPI),

		"listFolders":    there(gatewright.ActionAPIRead, ofProject),
		"createFolder":   inside(gatewright.ActionFolderCreate),
		"getFolder":      there(gatewright.ActionAPIRead, ofFolder),
		"updateFolder":   inside(gatewright.ActionFolderEdit),
		"deleteFolder":   there(gatewright.ActionFolderDelete, ofFolder),
		"listTagGroups":  somewhere(gatewright.ActionAPIRead),
		"getTagGroup":    somewhere(gatewright.ActionAPIRead),
		"createTagGroup": there(gatewright.ActionTagEdit, everything),
		"updateTagGroup": there(gatewright.ActionTagEdit, everything),
		"deleteTagGroup": there(gatewright.ActionTagEdit, everything),
	}
}

// changeRights is about what runs where, and how that changes.
func changeRights() map[string]right {
	return map[string]right{
		"createPlan":      inside(gatewright.ActionChangeRead),
		"createChange":    inside(gatewright.ActionChangeRead),
		"planApply":       inside(gatewright.ActionChangeRead),
		"apply":           inside(gatewright.ActionConfigApply),
		"exportGroup":     there(gatewright.ActionConfigExport, ofGroupOrAPI),
		"getChange":       there(gatewright.ActionChangeRead, ofChange),
		"listChanges":     somewhere(gatewright.ActionChangeRead),
		"decideChange":    there(gatewright.ActionChangeApprove, ofChange),
		"cancelChange":    there(gatewright.ActionChangeCancel, ofChange),
		"listDeployments": somewhere(gatewright.ActionDeploymentRead),
	}
}

// groupRights is about gateway groups and what they have beside APIs.
func groupRights() map[string]right {
	return map[string]right{
		"listGroups":          somewhere(gatewright.ActionGroupRead),
		"createGroup":         there(gatewright.ActionGroupCreate, everything),
		"getGroup":            there(gatewright.ActionGroupRead, ofGroup),
		"updateGroup":         inside(gatewright.ActionGroupRead),
		"getUsage":            there(gatewright.ActionUsageRead, everything),
		"getGroupUsage":       there(gatewright.ActionUsageRead, ofGroup),
		"getOrganisation":     there(gatewright.ActionSettingsRead, everything),
		"updateOrganisation":  there(gatewright.ActionSettingsEdit, everything),
		"listRegistries":      there(gatewright.ActionRegistryRead, ofGroup),
		"getFlowHooks":        there(gatewright.ActionPolicyRead, ofGroup),
		"listInstances":       somewhere(gatewright.ActionInstanceRead),
		"forgetInstance":      there(gatewright.ActionInstanceForget, ofInstance),
		"explainRequest":      there(gatewright.ActionInstanceDiagnose, ofGroup),
		"createInstanceToken": there(gatewright.ActionInstanceTokenCreate, ofGroup),

		"listApps":         there(gatewright.ActionAppRead, ofGroup),
		"createApp":        there(gatewright.ActionAppCreate, ofGroup),
		"getApp":           there(gatewright.ActionAppRead, ofApp),
		"updateApp":        there(gatewright.ActionAppEdit, ofApp),
		"deleteApp":        there(gatewright.ActionAppDelete, ofApp),
		"addCredential":    there(gatewright.ActionAppRotate, ofApp),
		"revokeCredential": there(gatewright.ActionAppRevoke, ofApp),
		"removeCredential": there(gatewright.ActionAppRevoke, ofApp),
		"putGrant":         there(gatewright.ActionGrantCreate, ofGrant),
		"deleteGrant":      there(gatewright.ActionGrantDelete, ofGrant),
		"listCallers":      there(gatewright.ActionGrantRead, ofGrant),
		"listCalls":        somewhere(gatewright.ActionUsageRead),
	}
}

// peopleRights is about people, and what they prove themselves with.
func peopleRights() map[string]right {
	return map[string]right{
		"login":              {access: accessEverybody},
		"redeemLogin":        {access: accessEverybody},
		"getLoginMethods":    {access: accessEverybody},
		"logout":             {access: accessAnybody},
		"getMe":              {access: accessAnybody},
		"listRoles":          {access: accessAnybody},
		"listUsers":          there(gatewright.ActionUserRead, everything),
		"createUser":         there(gatewright.ActionUserCreate, everything),
		"getUser":            there(gatewright.ActionUserRead, everything),
		"updateUser":         inside(gatewright.ActionUserRead),
		"deleteUser":         there(gatewright.ActionUserDelete, everything),
		"setPassword":        there(gatewright.ActionUserPassword, ofUser),
		"listSessions":       there(gatewright.ActionSessionRead, ofUser),
		"endSessions":        there(gatewright.ActionSessionEnd, ofUser),
		"endSession":         there(gatewright.ActionSessionEnd, ofSession),
		"listProjects":       somewhere(gatewright.ActionProjectRead),
		"createProject":      there(gatewright.ActionProjectCreate, everything),
		"getProject":         there(gatewright.ActionProjectRead, ofProject),
		"updateProject":      there(gatewright.ActionProjectEdit, ofProject),
		"deleteProject":      there(gatewright.ActionProjectDelete, everything),
		"listBindings":       somewhere(gatewright.ActionBindingRead),
		"createBinding":      inside(gatewright.ActionBindingCreate),
		"deleteBinding":      inside(gatewright.ActionBindingDelete),
		"listTokens":         {access: accessAnybody},
		"createToken":        inside(gatewright.ActionTokenCreate),
		"createServiceToken": inside(gatewright.ActionServiceTokenCreate),
		"revokeToken":        inside(gatewright.ActionTokenRevoke),
	}
}

// recordRights is about what is written down and told, and the installation.
func recordRights() map[string]right {
	return map[string]right{
		"getVersion":   there(gatewright.ActionSystemRead, everything),
		"createBackup": there(gatewright.ActionBackupCreate, everything),
		"streamEvents": somewhere(gatewright.ActionEventRead),

		"listReceivers":  somewhere(gatewright.ActionReceiverRead),
		"getReceiver":    somewhere(gatewright.ActionReceiverRead),
		"createReceiver": there(gatewright.ActionReceiverEdit, everything),
		"updateReceiver": there(gatewright.ActionReceiverEdit, everything),
		"deleteReceiver": there(gatewright.ActionReceiverEdit, everything),
		"testReceiver":   there(gatewright.ActionReceiverTest, everything),
		"listDeliveries": there(gatewright.ActionReceiverRead, everything),
		"getDelivery":    there(gatewright.ActionReceiverRead, everything),
		"redeliver":      there(gatewright.ActionReceiverTest, everything),
		"listTemplates":  there(gatewright.ActionTemplateRead, everything),
		"getTemplate":    there(gatewright.ActionTemplateRead, everything),
		"setTemplate":    there(gatewright.ActionTemplateEdit, everything),
		"resetTemplate":  there(gatewright.ActionTemplateEdit, everything),

		"listAudit":    somewhere(gatewright.ActionAuditRead),
		"getAudit":     inside(gatewright.ActionAuditRead),
		"getAuditHead": there(gatewright.ActionAuditVerify, everything),
		"verifyAudit":  there(gatewright.ActionAuditVerify, everything),
		"exportAudit":  there(gatewright.ActionAuditExport, ofAuditQuery),
	}
}
