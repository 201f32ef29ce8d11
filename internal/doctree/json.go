package doctree

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// parseJSON reads text as one JSON value (RFC 8259) and nothing after it. It
// is not left to encoding/json, which tells no positions of values. An escape
// for half of a surrogate pair alone stands for U+FFFD.
func parseJSON(report *Report, text []byte) (*Node, *failure) {
	p := &jsonParser{report: report, text: text, line: 1, column: 1}
	p.skipSpace()
	root, failure := p.value(1)
	if failure != nil {
		return nil, failure
	}
	p.skipSpace()
	if p.pos < len(p.text) {
		return nil, p.fail("%s after the end of the document; remove it", p.here())
	}
	return root, nil
}

type jsonParser struct {
	report *Report
	text   []byte
	pos    int
	nodes  int

	counted      int // line and column belong to this offset
	line, column int32
}

// place returns the position of the current offset.
func (p *jsonParser) place() Place {
	for p.counted < p.pos {
		c := p.text[p.counted]
		switch {
		case c == '\n':
			p.line++
			p.column = 1
		case c&0xC0 != 0x80: // the first byte of a character
			p.column++
		}
		p.counted++
	}
	return Place{Line: p.line, Column: p.column}
}

func (p *jsonParser) fail(format string, args ...any) *failure {
	return &failure{at: p.place(), message: "not JSON: " + fmt.Sprintf(format, args...), syntax: true}
}

func (p *jsonParser) limit(format string, args ...any) *failure {
	return &failure{at: p.place(), message: fmt.Sprintf(format, args...)}
}

// here names what stands at the current offset.
func (p *jsonParser) here() string {
	if p.pos >= len(p.text) {
		return "end of file"
	}
	if p.text[p.pos] == '/' || p.text[p.pos] == '#' {
		return "a comment, which JSON does not have,"
	}
	switch r, _ := utf8.DecodeRune(p.text[p.pos:]); r {
	case '\'':
		return "a single quote"
	case '"':
		return "a double quote"
	default:
		return fmt.Sprintf("%q", r)
	}
}

func (p *jsonParser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *jsonParser) skipSpace() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// value reads the value at the current offset. depth is the level it would be
// on as a list or mapping.
func (p *jsonParser) value(depth int) (*Node, *failure) {
	if p.nodes++; p.nodes > MaxNodes {
		return nil, p.limit("the document has more than %d values; split it", MaxNodes)
	}
	at := p.place()
	n := &Node{Line: at.Line, Column: at.Column}
	switch c := p.peek(); {
	case c == '{' || c == '[':
		if depth > MaxDepth {
			return nil, p.limit("%s", tooDeep())
		}
		if c == '{' {
			return n, p.mapping(n, depth)
		}
		return n, p.list(n, depth)
	case c == '"':
		text, failure := p.string()
		n.Kind, n.Text = String, text
		return n, failure
	case c == '-' || c >= '0' && c <= '9':
		size := jsonNumber(p.text[p.pos:])
		if size == 0 {
			return nil, p.fail("a broken number; write it like 0, -1, 2.5 or 1e9, or put text in quotes")
		}
		n.Kind, n.Text = Number, string(p.text[p.pos:p.pos+size])
		p.pos += size
		return n, nil
	}
	for _, word := range [...]struct {
		text string
		kind Kind
	}{{"null", Null}, {"true", Bool}, {"false", Bool}} {
		if end := p.pos + len(word.text); end <= len(p.text) && string(p.text[p.pos:end]) == word.text {
			n.Kind, n.Text = word.kind, word.text
			p.pos = end
			return n, nil
		}
	}
	if p.peek() == ']' || p.peek() == '}' {
		return nil, p.fail("%s where a value belongs; remove the comma before it", p.here())
	}
	return nil, p.fail("%s where a value belongs", p.here())
}

func (p *jsonParser) list(n *Node, depth int) *failure {
	n.Kind = List
	p.pos++
	if p.skipSpace(); p.peek() == ']' {
		p.pos++
		return nil
	}
	for {
		p.skipSpace()
		item, failure := p.value(depth + 1)
		if failure != nil {
			return failure
		}
		item.parent = n
		n.Items = append(n.Items, item)
		p.skipSpace()
		switch p.peek() {
		case ',':
			p.pos++
		case ']':
			p.pos++
			return nil
		default:
			return p.fail("%s in a list where a comma or ] belongs", p.here())
		}
	}
}

func (p *jsonParser) mapping(n *Node, depth int) *failure {
	n.Kind = Mapping
	p.pos++
	var members []Member
	if p.skipSpace(); p.peek() == '}' {
		p.pos++
		return nil
	}
	for {
		p.skipSpace()
		switch p.peek() {
		case '"':
		case '}':
			return p.fail("a comma before }; remove it")
		default:
			return p.fail("%s where a key in double quotes belongs", p.here())
		}
		at := p.place()
		key, failure := p.string()
		if failure != nil {
			return failure
		}
		if p.skipSpace(); p.peek() != ':' {
			return p.fail("%s after a key where a colon belongs", p.here())
		}
		p.pos++
		p.skipSpace()
		value, failure := p.value(depth + 1)
		if failure != nil {
			return failure
		}
		value.parent = n
		members = append(members, Member{Key: key, Line: at.Line, Column: at.Column, Value: value})
		p.skipSpace()
		switch p.peek() {
		case ',':
			p.pos++
		case '}':
			p.pos++
			n.setMembers(p.report, members)
			return nil
		default:
			return p.fail("%s in a mapping where a comma or } belongs", p.here())
		}
	}
}

// string reads the string that begins at the current offset.
func (p *jsonParser) string() (string, *failure) {
	escaped := false
	for end := p.pos + 1; end < len(p.text); end++ {
		switch c := p.text[end]; {
		case c == '"':
			literal := p.text[p.pos : end+1]
			if !escaped {
				p.pos = end + 1
				return string(literal[1 : len(literal)-1]), nil
			}
			var s string
			if err := json.Unmarshal(literal, &s); err != nil {
				return "", p.fail("a string with a broken escape; write \\\\ for a backslash")
			}
			p.pos = end + 1
			return s, nil
		case c == '\\':
			escaped = true
			end++
		case c < 0x20:
			p.pos = end
			return "", p.fail("a line break or tab within a string; write \\n or \\t, or close the string")
		}
	}
	return "", p.fail("a string that does not end; close it with a double quote")
}

// jsonNumber returns the length of the JSON number that text begins with, 0
// when there is none or when more digits or letters follow it.
func jsonNumber(text []byte) int {
	i := 0
	digits := func() bool {
		start := i
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			i++
		}
		return i > start
	}
	next := func(set string) bool {
		if i < len(text) && (text[i] == set[0] || text[i] == set[len(set)-1]) {
			i++
			return true
		}
		return false
	}
	next("-")
	if !next("0") && !digits() {
		return 0
	}
	if next(".") && !digits() {
		return 0
	}
	if next("eE") {
		next("+-")
		if !digits() {
			return 0
		}
	}
	if i < len(text) {
		if c := text[i]; c == '.' || c == '_' || c == '+' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return 0
		}
	}
	return i
}
