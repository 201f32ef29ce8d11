package openapi

import "github.com/gatewright/gatewright/internal/doctree"

// shape is what the specification lets stand at one kind of place.
type shape struct {
	name     string  // "an operation", with its article
	kinds    kindSet // what it may be
	strict   bool    // the gateway acts on it: a deviation is an error
	fields   map[string]*shape
	required []string            // of fields
	other    *shape              // members not in fields; without it they are unknown
	free     bool                // names are the author's own: "x-…" is no extension, "$ref" no reference
	open     bool                // unknown members are nothing to speak of
	fit      func(string) string // remedy for the unusable name of a member, "" when it is fine
	lax      bool                // an unusable name is a warning even so
	items    *shape              // of a list
	values   []string            // of a scalar, when it is one of a few
	ref      bool                // may be a reference
	circles  bool                // references may go in circles
	siblings bool                // members beside $ref count
}

// kindSet is a set of [doctree.Kind].
type kindSet uint8

const (
	isNull    kindSet = 1 << doctree.Null
	isFlag    kindSet = 1 << doctree.Bool
	isNumber  kindSet = 1 << doctree.Number
	isText    kindSet = 1<<doctree.String | isNumber | isFlag // YAML writes 1.0 and yes without quotes
	isList    kindSet = 1 << doctree.List
	isMapping kindSet = 1 << doctree.Mapping
	isAny     kindSet = 0xFF
)

func (s kindSet) has(k doctree.Kind) bool { return s&(1<<k) != 0 }

// want names what the set allows.
func (s kindSet) want() string {
	switch {
	case s&isMapping != 0 && s&isFlag != 0:
		return "a mapping, true or false"
	case s&isList != 0 && s&isText == isText:
		return "text or a list"
	case s&isMapping != 0:
		return "a mapping"
	case s&isList != 0:
		return "a list"
	case s&isText == isText:
		return "text"
	case s&isNumber != 0:
		return "a number"
	default:
		return "true or false"
	}
}
