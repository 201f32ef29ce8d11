package wording

import "github.com/gatewright/gatewright"

// Default returns the template used for an event in a language unless the
// organisation has its own. A language that is not known is English.
func Default(event gatewright.NotificationEvent, language string) Template {
	var t Template
	switch language {
	case "zh":
		t = chinese(event)
	case "de":
		t = german(event)
	default:
		t = english(event)
	}
	if t.Title == "" { // an event of a newer control plane that shares the database
		return Template{Title: "{{.Event}}: {{.Subject}}", Text: "{{.At}}"}
	}
	return t
}
