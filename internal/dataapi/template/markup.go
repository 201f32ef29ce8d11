package template

import (
	"strings"
)

// tag is one piece of markup.
type tag struct {
	name    string // in lower case
	closing bool   // </name>
	single  bool   // <name/>
	attrs   []attribute
	start   int
	end     int
}

type attribute struct {
	name    string
	value   string // decoded
	offsets []int  // of each byte of value in the script; nil when they follow each other
	start   int    // of the value in the script
}

// at returns where byte i of the value is in the script.
func (a *attribute) at(i int) int {
	if a.offsets == nil {
		return a.start + i
	}
	if i >= len(a.offsets) {
		return a.offsets[len(a.offsets)-1] + 1
	}
	return a.offsets[i]
}

// attr returns the attribute of that name, nil if there is none.
func (t *tag) attr(name string) *attribute {
	for i := range t.attrs {
		if strings.EqualFold(t.attrs[i].name, name) {
			return &t.attrs[i]
		}
	}
	return nil
}

// attributes of the elements there are; false for names that MyBatis has and
// scripts cannot use.
func attributes(name string) (allowed []string, known, usable bool) {
	switch name {
	case "select", "choose", "otherwise", "where":
		return nil, true, true
	case "if", "when":
		return []string{"test"}, true, true
	case "trim":
		return []string{"prefix", "suffix", "prefixOverrides", "suffixOverrides"}, true, true
	case "foreach":
		return []string{"collection", "item", "index", "open", "close", "separator", "nullable"}, true, true
	case "bind":
		return []string{"name", "value"}, true, true
	case "function":
		return []string{"name", "params"}, true, true
	case "call":
		return nil, true, true // name, and those the function has
	case "set", "script", "selectkey", "insert", "update", "delete", "sql", "include", "mapper", "resultmap", "cache":
		return nil, true, false
	}
	return nil, false, false
}

// tagName returns the lower-case name of the element that begins or ends at
// source[i], which is "<"; "" when that is an operator.
func tagName(source string, i int) (name string, closing bool, end int) {
	j := i + 1
	if j < len(source) && source[j] == '/' {
		closing = true
		j++
	}
	k := j
	for k < len(source) && (source[k] >= 'a' && source[k] <= 'z' || source[k] >= 'A' && source[k] <= 'Z') {
		k++
	}
	if k == j || k == len(source) || !isSpace(source[k]) && source[k] != '>' && source[k] != '/' {
		return "", false, 0
	}
	name = strings.ToLower(source[j:k])
	if _, known, _ := attributes(name); !known {
		return "", false, 0
	}
	return name, closing, k
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// readTag reads the element that [tagName] found. A problem is returned with
// its place; then the tag ends where reading can go on.
func readTag(source string, i int) (t tag, problem string, at int) {
	name, closing, j := tagName(source, i)
	t = tag{name: name, closing: closing, start: i}
	for {
		for j < len(source) && isSpace(source[j]) {
			j++
		}
		t.end = j
		if j == len(source) {
			return t, "<" + name + " has no \">\"", i
		}
		switch {
		case source[j] == '>':
			t.end = j + 1
			return t, "", 0
		case source[j] == '/' && j+1 < len(source) && source[j+1] == '>' && !closing:
			t.single, t.end = true, j+2
			return t, "", 0
		}
		a, end, problem := readAttribute(source, j)
		if problem == "" && t.attr(a.name) != nil {
			problem = "attribute " + a.name + " is there twice"
		}
		if problem != "" {
			if k := strings.IndexByte(source[j:], '>'); k >= 0 {
				t.end = j + k + 1
			} else {
				t.end = len(source)
			}
			return t, problem + "; if \"<\" is an operator here, put a blank behind it", j
		}
		t.attrs = append(t.attrs, a)
		j = end
	}
}

func readAttribute(source string, i int) (attribute, int, string) {
	j := i
	for j < len(source) && (source[j] == '_' || source[j] >= 'a' && source[j] <= 'z' || source[j] >= 'A' && source[j] <= 'Z' || j > i && source[j] >= '0' && source[j] <= '9') {
		j++
	}
	a := attribute{name: source[i:j]}
	if j == i {
		return a, 0, "an attribute is written name=\"value\""
	}
	for j < len(source) && isSpace(source[j]) {
		j++
	}
	if j == len(source) || source[j] != '=' {
		return a, 0, "attribute " + a.name + " has no value"
	}
	j++
	for j < len(source) && isSpace(source[j]) {
		j++
	}
	if j == len(source) || source[j] != '"' && source[j] != '\'' {
		return a, 0, "the value of attribute " + a.name + " is not in quotes"
	}
	end := strings.IndexByte(source[j+1:], source[j])
	if end < 0 {
		return a, 0, "the value of attribute " + a.name + " has no end"
	}
	a.start = j + 1
	a.value, a.offsets = decode(source[j+1:j+1+end], j+1)
	return a, j + 1 + end + 1, ""
}

// decode replaces entities. The offsets are nil when there were none.
func decode(s string, start int) (string, []int) {
	if !strings.Contains(s, "&") {
		return s, nil
	}
	var b strings.Builder
	var offsets []int
	for i := 0; i < len(s); {
		text, n := entity(s, i)
		if n == 0 {
			text, n = s[i:i+1], 1
		}
		b.WriteString(text)
		offsets = append(offsets, start+i)
		i += n
	}
	return b.String(), offsets
}

// entity returns the character that the entity at s[i] stands for and the
// entity's length; 0 when it is a plain ampersand. Entities cannot be defined.
func entity(s string, i int) (string, int) {
	if s[i] != '&' {
		return "", 0
	}
	for _, e := range [...][2]string{{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", `"`}, {"&apos;", "'"}, {"&nbsp;", " "}} {
		if strings.HasPrefix(s[i:], e[0]) {
			return e[1], len(e[0])
		}
	}
	return "", 0
}
