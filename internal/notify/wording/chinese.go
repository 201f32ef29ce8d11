package wording

import "github.com/gatewright/gatewright"

// chinese words an event in simplified Chinese.
func chinese(event gatewright.NotificationEvent) Template {
	const (
		change = "{{if .Data.kind}}{{.Data.kind}} {{end}}{{.Subject}}{{if .Group}} → {{.Group}}{{end}}"
		track  = "{{.Subject}}{{if .Group}}({{.Group}}){{end}}"
		by     = "{{if .Actor}}操作人:{{.Actor}}\n{{end}}"
		reason = "{{if .Data.reason}}原因:{{.Data.reason}}\n{{end}}"
		cause  = "{{if .Data.error}}失败原因:{{.Data.error}}\n{{end}}"
		from   = "{{if .Data.from}}变更前:{{.Data.from}}\n{{end}}"
		due    = "{{if .Data.due}}时间:{{.Data.due}}\n{{end}}"
		heir   = "{{if .Data.successor}}请改用:{{.Data.successor}}\n{{end}}"
		sunset = "{{if .Data.sunset}}可能停止响应的时间:{{.Data.sunset}}\n{{end}}"
		ends   = "{{if .Data.expires}}到期时间:{{.Data.expires}}\n{{end}}"
		app    = "{{if .Data.app}}应用:{{.Data.app}}\n{{end}}"
	)
	switch event {
	case gatewright.EventApprovalWanted:
		return Template{"待审批:" + change, by + from + due + reason + "审批通过之前不会有任何变更。"}
	case gatewright.EventApproved:
		return Template{"审批通过:" + change, by + due + reason}
	case gatewright.EventRejected:
		return Template{"审批拒绝:" + change, by + reason + "未做任何变更。"}
	case gatewright.EventScheduled:
		return Template{"已定时:" + change, due + by + from + reason}
	case gatewright.EventLive:
		return Template{"已上线:" + change, by + from + reason}
	case gatewright.EventFailed:
		return Template{"变更失败:" + change, cause + by + "原有版本继续运行,本次变更未对外提供服务。"}
	case gatewright.EventCancelled:
		return Template{"已撤回:" + change, cause + "未做任何变更。"}
	case gatewright.EventSuperseded:
		return Template{"已被取代:" + change, cause + by + "本次变更未对外提供服务;如仍需要,请重新提交。"}
	case gatewright.EventReverted:
		return Template{"已还原:" + change, cause + by + from + reason}
	case gatewright.EventExpired:
		return Template{"变更已过期:" + change, by + "未能在规定时间内开始;如仍需要,请重新提交。"}
	case gatewright.EventDeprecated:
		return Template{"已弃用:" + track, sunset + heir + by + reason}
	case gatewright.EventSunset:
		return Template{"已到停用日期:" + track, "从现在起可能停止响应。\n" + heir}
	case gatewright.EventRetired:
		return Template{"已下线:" + track, "调用将返回 410 Gone。\n" + heir + by + reason}
	case gatewright.EventGrantEnds:
		return Template{"授权即将到期:{{.Subject}}", app + "{{if .API}}API:{{.API}}\n{{end}}" + ends + "到期后如未续期,调用将被拒绝。"}
	case gatewright.EventCredentialEnds:
		return Template{"密钥即将到期:{{.Subject}}", app + ends + "请在到期前更换,到期后将被拒绝。"}
	case gatewright.EventReceiverTest:
		return Template{"Gatewright 测试消息", "{{if .Actor}}{{.Actor}} 正在测试此接收方。{{end}}接收正常。"}
	}
	return Template{}
}
