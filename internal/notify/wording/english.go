package wording

import "github.com/gatewright/gatewright"

// english words an event in English.
func english(event gatewright.NotificationEvent) Template {
	const (
		change = "{{if .Data.kind}}{{.Data.kind}} {{end}}{{.Subject}}{{if .Group}} → {{.Group}}{{end}}"
		track  = "{{.Subject}}{{if .Group}} in {{.Group}}{{end}}"
		by     = "{{if .Actor}}By: {{.Actor}}\n{{end}}"
		reason = "{{if .Data.reason}}Reason: {{.Data.reason}}\n{{end}}"
		cause  = "{{if .Data.error}}Cause: {{.Data.error}}\n{{end}}"
		from   = "{{if .Data.from}}Before: {{.Data.from}}\n{{end}}"
		due    = "{{if .Data.due}}At: {{.Data.due}}\n{{end}}"
		heir   = "{{if .Data.successor}}Use instead: {{.Data.successor}}\n{{end}}"
		sunset = "{{if .Data.sunset}}May stop answering from: {{.Data.sunset}}\n{{end}}"
		ends   = "{{if .Data.expires}}Ends: {{.Data.expires}}\n{{end}}"
		app    = "{{if .Data.app}}App: {{.Data.app}}\n{{end}}"
	)
	switch event {
	case gatewright.EventApprovalWanted:
		return Template{"Approval wanted: " + change, by + from + due + reason + "Nothing changes until it is approved."}
	case gatewright.EventApproved:
		return Template{"Approved: " + change, by + due + reason}
	case gatewright.EventRejected:
		return Template{"Rejected: " + change, by + reason + "Nothing has changed."}
	case gatewright.EventScheduled:
		return Template{"Scheduled: " + change, due + by + from + reason}
	case gatewright.EventLive:
		return Template{"Live: " + change, by + from + reason}
	case gatewright.EventFailed:
		return Template{"Failed: " + change, cause + by + "What ran before still runs; nothing of this change has served."}
	case gatewright.EventCancelled:
		return Template{"Cancelled: " + change, cause + "Nothing has changed."}
	case gatewright.EventSuperseded:
		return Template{"Superseded: " + change, cause + by + "Nothing of this change has served. Submit it again if it is still wanted."}
	case gatewright.EventReverted:
		return Template{"Put back: " + change, cause + by + from + reason}
	case gatewright.EventExpired:
		return Template{"Expired: " + change, by + "Its time passed before it could begin. Submit it again if it is still wanted."}
	case gatewright.EventDeprecated:
		return Template{"Deprecated: " + track, sunset + heir + by + reason}
	case gatewright.EventSunset:
		return Template{"Sunset reached: " + track, "It may stop answering from now on.\n" + heir}
	case gatewright.EventRetired:
		return Template{"Retired: " + track, "It answers 410 Gone.\n" + heir + by + reason}
	case gatewright.EventGrantEnds:
		return Template{"Grant ends soon: {{.Subject}}", app + "{{if .API}}API: {{.API}}\n{{end}}" + ends + "Calls are refused afterwards unless it is renewed."}
	case gatewright.EventCredentialEnds:
		return Template{"Credential ends soon: {{.Subject}}", app + ends + "Replace it before then; it is refused afterwards."}
	case gatewright.EventReceiverTest:
		return Template{"Test message from Gatewright", "{{if .Actor}}{{.Actor}} is trying out this receiver. {{end}}It works."}
	}
	return Template{}
}
