package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// MaxRespondBytes bounds the body of the policy respond.
const MaxRespondBytes = 128 << 10

// RespondConfig is the configuration of the policy "respond", which answers
// every request by itself: a mock, or a word about maintenance.
type RespondConfig struct {
	Status      int               `json:"status"`                // 200 to 599
	ContentType string            `json:"contentType,omitempty"` // "" is text/plain for a body
	Headers     map[string]string `json:"headers,omitempty"`     // values may hold variables
	Body        string            `json:"body,omitempty"`
}

func buildRespond(config []byte) (Built, error) {
	var c RespondConfig
	if err := decode(config, &c); err != nil {
		return Built{}, err
	}
	if c.Status < 200 || c.Status > 599 {
		return Built{}, gatewright.FieldErrorf(pointer("status"), "status %d is not between 200 and 599", c.Status)
	}
	if len(c.Body) > MaxRespondBytes {
		return Built{}, gatewright.FieldErrorf(pointer("body"), "the body has %d bytes; at most %d are allowed", len(c.Body), MaxRespondBytes)
	}
	if c.Body != "" && (c.Status == 204 || c.Status == 205 || c.Status == 304) {
		return Built{}, gatewright.FieldErrorf(pointer("body"), "an answer of status %d has no body", c.Status)
	}
	if strings.ContainsFunc(c.ContentType, func(r rune) bool { return r < ' ' || r > '~' }) || strings.TrimSpace(c.ContentType) != c.ContentType {
		return Built{}, gatewright.FieldErrorf(pointer("contentType"), "%q is not a media type", c.ContentType)
	}
	if len(c.Headers) > MaxHeaderFields {
		return Built{}, gatewright.FieldErrorf(pointer("headers"), "%d fields; at most %d are allowed", len(c.Headers), MaxHeaderFields)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		if strings.EqualFold(name, "Content-Type") {
			return Built{}, gatewright.FieldErrorf(pointer("headers", name), "the media type stands in contentType")
		}
	}
	set, err := fields(pointer("headers"), c.Headers)
	if err != nil {
		return Built{}, err
	}
	answer := &Answer{Status: c.Status, ContentType: c.ContentType, Body: []byte(c.Body)}
	if answer.ContentType == "" && c.Body != "" {
		answer.ContentType = "text/plain; charset=utf-8"
	}
	return Built{Request: func(call *Call) *Answer {
		for i := range set {
			call.Response.Del(set[i].name)
			call.Response.Add(set[i].name, set[i].value.of(call))
		}
		return answer
	}}, nil
}
