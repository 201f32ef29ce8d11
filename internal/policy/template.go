package policy

import (
	"strings"

	"github.com/gatewright/gatewright"
)

// variables are what "${name}" may stand for in a text.
func variables() map[string]func(*Call) string {
	return map[string]func(*Call) string{
		"request.id":     func(c *Call) string { return c.RequestID },
		"client.address": func(c *Call) string { return c.Client.String() },
		"app.name":       func(c *Call) string { return c.App },
		"api.name":       func(c *Call) string { return c.API },
		"api.version":    func(c *Call) string { return c.Version },
	}
}

// text is a text with variables in it.
type text struct {
	fixed string // when there are no parts
	parts []part
}

// part is a piece of a text: fixed, or what a variable stands for.
type part struct {
	fixed    string
	variable func(*Call) string
}

// parseText reads "a ${request.id} b"; "$${" stands for "${".
func parseText(at, s string) (text, error) {
	if !strings.Contains(s, "${") {
		return text{fixed: s}, nil
	}
	known := variables()
	var parts []part
	rest := s
	for {
		i := strings.Index(rest, "${")
		if i < 0 {
			break
		}
		if i > 0 && rest[i-1] == '$' {
			parts = append(parts, part{fixed: rest[:i-1] + "${"})
			rest = rest[i+2:]
			continue
		}
		end := strings.IndexByte(rest[i:], '}')
		if end < 0 {
			return text{}, gatewright.FieldErrorf(at, "%q begins a variable with ${ and does not end it with }; $${ stands for ${ itself", s)
		}
		name := rest[i+2 : i+end]
		v, ok := known[name]
		if !ok {
			return text{}, gatewright.FieldErrorf(at, "${%s} is not a variable; there are request.id, client.address, app.name, api.name and api.version", name)
		}
		parts = append(parts, part{fixed: rest[:i]}, part{variable: v})
		rest = rest[i+end+1:]
	}
	return text{parts: append(parts, part{fixed: rest})}, nil
}

// of returns the text for a call.
func (t *text) of(c *Call) string {
	if t.parts == nil {
		return t.fixed
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.variable != nil {
			b.WriteString(p.variable(c))
		} else {
			b.WriteString(p.fixed)
		}
	}
	return b.String()
}
