package wording

import "github.com/gatewright/gatewright"

// german words an event in German.
func german(event gatewright.NotificationEvent) Template {
	const (
		change = "{{if .Data.kind}}{{.Data.kind}} {{end}}{{.Subject}}{{if .Group}} → {{.Group}}{{end}}"
		track  = "{{.Subject}}{{if .Group}} in {{.Group}}{{end}}"
		by     = "{{if .Actor}}Von: {{.Actor}}\n{{end}}"
		reason = "{{if .Data.reason}}Grund: {{.Data.reason}}\n{{end}}"
		cause  = "{{if .Data.error}}Ursache: {{.Data.error}}\n{{end}}"
		from   = "{{if .Data.from}}Vorher: {{.Data.from}}\n{{end}}"
		due    = "{{if .Data.due}}Zeitpunkt: {{.Data.due}}\n{{end}}"
		heir   = "{{if .Data.successor}}Ersatz: {{.Data.successor}}\n{{end}}"
		sunset = "{{if .Data.sunset}}Antwortet womöglich nicht mehr ab: {{.Data.sunset}}\n{{end}}"
		ends   = "{{if .Data.expires}}Endet: {{.Data.expires}}\n{{end}}"
		app    = "{{if .Data.app}}Anwendung: {{.Data.app}}\n{{end}}"
	)
	switch event {
	case gatewright.EventApprovalWanted:
		return Template{"Freigabe erbeten: " + change, by + from + due + reason + "Bis zur Freigabe ändert sich nichts."}
	case gatewright.EventApproved:
		return Template{"Freigegeben: " + change, by + due + reason}
	case gatewright.EventRejected:
		return Template{"Abgelehnt: " + change, by + reason + "Es hat sich nichts geändert."}
	case gatewright.EventScheduled:
		return Template{"Eingeplant: " + change, due + by + from + reason}
	case gatewright.EventLive:
		return Template{"In Betrieb: " + change, by + from + reason}
	case gatewright.EventFailed:
		return Template{"Fehlgeschlagen: " + change, cause + by + "Was vorher lief, läuft weiter; nichts von dieser Änderung war in Betrieb."}
	case gatewright.EventCancelled:
		return Template{"Zurückgezogen: " + change, cause + "Es hat sich nichts geändert."}
	case gatewright.EventSuperseded:
		return Template{"Überholt: " + change, cause + by + "Nichts von dieser Änderung war in Betrieb. Bei Bedarf bitte erneut einreichen."}
	case gatewright.EventReverted:
		return Template{"Zurückgenommen: " + change, cause + by + from + reason}
	case gatewright.EventExpired:
		return Template{"Verfallen: " + change, by + "Die Zeit verstrich, bevor es beginnen konnte. Bei Bedarf bitte erneut einreichen."}
	case gatewright.EventDeprecated:
		return Template{"Abgekündigt: " + track, sunset + heir + by + reason}
	case gatewright.EventSunset:
		return Template{"Abschaltdatum erreicht: " + track, "Antworten sind von nun an nicht mehr gewiss.\n" + heir}
	case gatewright.EventRetired:
		return Template{"Abgeschaltet: " + track, "Aufrufe erhalten 410 Gone.\n" + heir + by + reason}
	case gatewright.EventGrantEnds:
		return Template{"Berechtigung endet bald: {{.Subject}}", app + "{{if .API}}API: {{.API}}\n{{end}}" + ends + "Danach werden Aufrufe abgelehnt, wenn sie nicht verlängert wird."}
	case gatewright.EventCredentialEnds:
		return Template{"Zugangsschlüssel endet bald: {{.Subject}}", app + ends + "Bitte vorher ersetzen; danach wird er abgelehnt."}
	case gatewright.EventReceiverTest:
		return Template{"Testnachricht von Gatewright", "{{if .Actor}}{{.Actor}} probiert diesen Empfänger aus. {{end}}Es funktioniert."}
	}
	return Template{}
}
