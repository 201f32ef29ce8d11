package template

import (
	"fmt"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

// parser reads a script. It goes on after an error, to tell several at once.
type parser struct {
	src       string
	dialect   gatewright.Dialect
	dynamic   bool
	pos       int
	cdata     bool
	depth     int
	text      strings.Builder // that belongs to no node yet
	word      int             // the end of the last token if that was a word, else -1
	semicolon int             // where the statement was ended, else -1
	comment   int             // the last line comment with a closing tag in it, else -1
	findings  []gatewright.Detail
	stopped   bool // reading on makes no sense

	scope     *scope
	globals   *scope
	frame     *frame
	functions map[string]*function
	calls     []*call
	used      []string
	branches  int    // of the <choose> with most, or texts of a fragment
	names     *found // not nil when parameters are to be found
}

// found is the names met when no parameters are declared.
type found struct{ list []*gatewright.DataParam }

func newParser(src string, d gatewright.Dialect) *parser {
	return &parser{
		src: src, dialect: d, word: -1, semicolon: -1, comment: -1,
		frame: &frame{}, functions: map[string]*function{},
	}
}

// fail notes what is wrong at a byte of the script.
func (p *parser) fail(at int, format string, args ...any) {
	switch {
	case len(p.findings) < MaxFindings:
		p.findings = append(p.findings, gatewright.Detail{Location: place(p.src, at), Message: fmt.Sprintf(format, args...)})
	case len(p.findings) == MaxFindings:
		p.findings = append(p.findings, gatewright.Detail{Message: "and more"})
		p.stopped = true
	}
}

func (p *parser) err() error {
	if len(p.findings) == 0 {
		return nil
	}
	return &gatewright.Error{Code: gatewright.Invalid, Field: "script", Message: "the script is not valid", Details: p.findings}
}

// parse reads the whole script.
func (p *parser) parse() []node {
	if len(p.src) > MaxScriptBytes {
		p.fail(0, "the script has %d bytes; at most %d are allowed", len(p.src), MaxScriptBytes)
		return nil
	}
	for p.pos < len(p.src) && isSpace(p.src[p.pos]) {
		p.pos++
	}
	if p.pos == len(p.src) {
		p.fail(0, "the script is empty")
		return nil
	}
	p.push()
	defer p.pop()
	if p.src[p.pos] == '<' {
		if name, closing, _ := tagName(p.src, p.pos); name == "select" && !closing {
			return p.root()
		}
	}
	return p.body(nil)
}

// root reads <select> and makes sure that nothing is around it.
func (p *parser) root() []node {
	p.dynamic = true
	t, problem, at := readTag(p.src, p.pos)
	p.pos = t.end
	if problem != "" {
		p.fail(at, "%s", problem)
		return nil
	}
	p.checkAttributes(&t)
	if t.single {
		p.fail(t.start, "the script is empty")
		return nil
	}
	nodes := p.body(&t)
	rest := strings.TrimLeft(p.src[p.pos:], " \t\r\n;")
	if rest != "" && !p.stopped {
		p.fail(len(p.src)-len(rest), "nothing can follow </select>")
	}
	for _, c := range p.calls {
		p.link(c)
	}
	return nodes
}

// body reads up to the closing tag of t, or to the end when t is nil.
func (p *parser) body(t *tag) []node {
	var nodes []node
	flush := func() {
		if p.text.Len() > 0 {
			nodes = append(nodes, &text{p.text.String()})
			p.text.Reset()
		}
		p.word = -1
	}
	for p.pos < len(p.src) && !p.stopped {
		if p.src[p.pos] == '<' && p.markup() {
			continue
		}
		if p.cdata && strings.HasPrefix(p.src[p.pos:], "]]>") {
			p.cdata = false
			p.pos += len("]]>")
			continue
		}
		if p.src[p.pos] == '<' && !p.cdata {
			if name, closing, _ := tagName(p.src, p.pos); name != "" && (p.dynamic || p.mistaken(name)) {
				flush()
				if !p.dynamic {
					return nodes
				}
				if closing {
					if p.closes(t) {
						return nodes
					}
					continue
				}
				nodes = append(nodes, p.element(t)...)
				continue
			}
		}
		if strings.HasPrefix(p.src[p.pos:], "#{") || strings.HasPrefix(p.src[p.pos:], "${") {
			glued := p.word == p.pos
			flush()
			if n := p.placeholder(glued); n != nil {
				nodes = append(nodes, n)
			}
			continue
		}
		p.token()
	}
	flush()
	if t != nil && !p.stopped {
		if p.comment >= 0 {
			p.fail(p.comment, "this comment goes to the end of its line and hides a tag; put the tag on the next line")
		}
		p.fail(t.start, "<%s> has no </%s>", t.name, t.name)
		p.stopped = true
	}
	return nodes
}

// markup skips what is neither SQL nor an element: comments and the beginning
// of CDATA.
func (p *parser) markup() bool {
	rest := p.src[p.pos:]
	if !p.dynamic || p.cdata {
		return false
	}
	switch {
	case strings.HasPrefix(rest, "<!--"):
		end := strings.Index(rest, "-->")
		if end < 0 {
			p.fail(p.pos, "the comment that begins here has no \"-->\"")
			end = len(rest) - len("-->")
		}
		p.pos += end + len("-->")
		p.text.WriteByte(' ')
		return true
	case strings.HasPrefix(rest, "<![CDATA["):
		p.cdata = true
		p.pos += len("<![CDATA[")
		return true
	case strings.HasPrefix(rest, "<!DOCTYPE"), strings.HasPrefix(rest, "<!ENTITY"), strings.HasPrefix(rest, "<?xml"):
		p.fail(p.pos, "a script is no XML document; it begins with <select>")
		p.stopped = true
		return true
	}
	return false
}

// mistaken reports whether plain SQL contains an element, which deserves a
// better message than the database's.
func (p *parser) mistaken(name string) bool {
	t, problem, _ := readTag(p.src, p.pos)
	if problem != "" || !t.closing && len(t.attrs) == 0 && name != "where" && name != "choose" {
		return false
	}
	p.fail(p.pos, "<%s> is an element of dynamic SQL; put <select> and </select> around the script", name)
	return true
}

// closes reads a closing tag and reports whether it ends t.
func (p *parser) closes(t *tag) bool {
	end, problem, at := readTag(p.src, p.pos)
	p.pos = end.end
	switch {
	case problem != "":
		p.fail(at, "%s", problem)
	case t != nil && end.name == t.name:
		return true
	case t == nil:
		p.fail(end.start, "</%s> closes nothing", end.name)
	default:
		p.fail(end.start, "</%s> stands where </%s> is expected, for the <%s> at %s", end.name, t.name, t.name, place(p.src, t.start))
		p.stopped = true
		return true
	}
	return false
}

// token copies one token of SQL.
func (p *parser) token() {
	start := p.pos
	if p.dynamic && !p.cdata {
		if c, n := entity(p.src, start); n > 0 {
			if c == "'" || c == `"` {
				p.fail(start, "write %s itself; a string or name cannot begin with an entity", c)
			}
			p.pos += n
			p.code(start)
			p.text.WriteString(c)
			return
		}
	}
	t := sqltext.Next(p.dialect, p.src, start)
	p.pos = t.End
	raw := p.src[start:t.End]
	if t.Code() && t.Kind != sqltext.Semicolon {
		p.code(start)
	}
	switch t.Kind {
	case sqltext.Semicolon:
		if p.semicolon < 0 {
			p.semicolon = start
		}
		return
	case sqltext.Parameter:
		p.fail(start, "%s would be a parameter of the database's own; write #{name}, and a literal in quotes", raw)
	case sqltext.Word:
		p.word = t.End
	case sqltext.String, sqltext.Name, sqltext.Hint, sqltext.BlockComment, sqltext.LineComment:
		raw = p.opaque(t, start, raw)
	}
	p.text.WriteString(raw)
}

// code notes that the statement goes on at a byte of the script.
func (p *parser) code(at int) {
	if p.semicolon >= 0 && at > p.semicolon {
		p.fail(p.semicolon, "the statement ends here, but the script goes on; an API runs one statement")
		p.semicolon = len(p.src)
	}
}

// opaque checks what no placeholder may be in, and decodes entities in it.
func (p *parser) opaque(t sqltext.Token, start int, raw string) string {
	what := "string"
	switch t.Kind {
	case sqltext.Name:
		what = "name"
	case sqltext.Hint, sqltext.BlockComment, sqltext.LineComment:
		what = "comment"
	}
	if !t.Closed {
		p.fail(start, "the %s that begins here has no end", what)
		p.stopped = true
		return raw
	}
	for _, open := range []string{"#{", "${"} {
		i := strings.Index(raw, open)
		if i < 0 || !strings.Contains(raw[i:], "}") {
			continue
		}
		if what == "comment" {
			p.fail(start+i, "a placeholder in a comment is not replaced; remove it")
		} else {
			p.fail(start+i, "a placeholder in quotes is not replaced; remove the quotes, values are bound as what they are")
		}
	}
	if t.Kind == sqltext.LineComment && strings.Contains(raw, "</") {
		p.comment = start
	}
	if p.dynamic && !p.cdata && strings.Contains(raw, "&") {
		decoded, _ := decode(raw, 0)
		if what != "comment" && strings.Count(decoded, raw[:1]) != strings.Count(raw, raw[:1]) {
			p.fail(start, "a quote within the %s is written twice, not as an entity", what)
		}
		if what != "comment" {
			return decoded
		}
	}
	return raw
}
