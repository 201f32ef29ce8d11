package doctree

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads text as the one document of a YAML stream.
func parseYAML(report *Report, text []byte) (*Node, *failure) {
	if at, ok := checkMarks(text); !ok {
		return nil, &failure{at: at, message: fmt.Sprintf("the document has more than %d values; split it", MaxNodes)}
	}
	if bytes.HasPrefix(text, []byte("%YAML 1.")) {
		// The parser knows version 1.1 only, though it reads what 1.2 changed.
		text = bytes.Clone(text)
		text[0] = '#'
	}
	lines := &lineReader{text: text}
	decoder := yaml.NewDecoder(lines)
	document, err := decode(decoder)
	switch {
	case errors.Is(err, io.EOF):
		return nil, &failure{at: Place{Line: 1, Column: 1}, message: "the file holds only comments; there is no document in it"}
	case err != nil:
		return nil, yamlFailure(text, lines.count, err)
	}
	if failure := checkSingle(decoder, lines); failure != nil {
		return nil, failure
	}
	c := &yamlConverter{report: report, anchored: map[*yaml.Node]*measured{}}
	root, _, failure := c.convert(document.Content[0], 1)
	return root, failure
}

// decode returns the next document of the stream. The parser panics in states
// that it believes to be impossible; text from outside must not end the
// process if it is mistaken.
func decode(decoder *yaml.Decoder) (document *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: the parser gave up here: %v", r)
		}
	}()
	document = new(yaml.Node)
	if err := decoder.Decode(document); err != nil {
		return nil, err
	}
	return document, nil
}

// checkSingle refuses a second document. Markers that nothing follows are
// tolerated.
func checkSingle(decoder *yaml.Decoder, lines *lineReader) *failure {
	for {
		document, err := decode(decoder)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return yamlFailure(lines.text, lines.count, err)
		}
		if first := document.Content[0]; first.Kind != yaml.ScalarNode || first.Value != "" {
			return &failure{
				at:      Place{Line: int32(first.Line), Column: int32(first.Column)},
				message: "a second YAML document begins here; put it into a file of its own",
			}
		}
	}
}

// checkMarks refuses text that holds more values than [MaxNodes] by counting
// the characters one of which begins or ends every value. The parser needs
// hundreds of bytes for a value, so this cannot wait until it is done.
func checkMarks(text []byte) (Place, bool) {
	marks, line := 0, int32(1)
	for i, c := range text {
		switch c {
		case '\n':
			line++
			marks++
		case ',', '[', '{', ':':
			marks++
		case '-', '?':
			if i+1 < len(text) && strings.IndexByte(" \t\r\n,[]{}", text[i+1]) >= 0 {
				marks++
			}
		}
		if marks > MaxNodes {
			return Place{Line: line, Column: 1}, false
		}
	}
	return Place{}, true
}

// lineReader hands out text line by line and so knows how far the parser has
// read, which tells where it gave up better than its errors do.
type lineReader struct {
	text  []byte
	pos   int
	count int // lines begun
}

// Read implements io.Reader.
func (r *lineReader) Read(p []byte) (int, error) {
	if r.pos == len(r.text) {
		return 0, io.EOF
	}
	if r.pos == 0 || r.text[r.pos-1] == '\n' {
		r.count++
	}
	line := r.text[r.pos:min(r.pos+len(p), len(r.text))]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i+1]
	}
	n := copy(p, line)
	r.pos += n
	return n, nil
}

var (
	yamlMessage   = regexp.MustCompile(`^yaml: (?:line (\d+): )?(?s:(.*))$`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// yamlFailure finds the place of a parser's error. The parser tells the line
// for what it cannot read, but for what stands at the wrong place it tells
// where the surroundings began. read is the number of lines it had read.
func yamlFailure(text []byte, read int, err error) *failure {
	m := yamlMessage.FindStringSubmatch(err.Error())
	if m == nil {
		m = []string{"", "", err.Error()}
	}
	line, _ := strconv.Atoi(m[1])
	message := m[2]
	switch {
	case message == "control characters are not allowed":
		at, r := forbiddenRune(text)
		return &failure{at: at, message: fmt.Sprintf("character %U is not allowed in YAML; remove it, or write it as an escape within double quotes", r), syntax: true}
	case strings.HasPrefix(message, "exceeded max depth"):
		return &failure{at: lineStart(text, line), message: tooDeep()}
	case strings.HasPrefix(message, "unknown anchor"):
		anchor := unknownAnchor.ReplaceAllString(message, "$1")
		if at, ok := findAlias(text, anchor); ok {
			return &failure{at: at, message: fmt.Sprintf("alias *%s has no anchor &%s before it; define it, or put the text in quotes", anchor, anchor), syntax: true}
		}
	case strings.Contains(message, "',' or"):
		line++
		message += "; close the bracket that is opened here"
	case strings.HasPrefix(message, "did not find expected"):
		line = read
		if read > 1 && brokenBefore(text, read) {
			line--
		}
		message += "; check indentation, quotes and brackets of this line and the one before"
	default:
		message += yamlRemedy(message)
	}
	at := lineStart(text, cmp.Or(line, read, 1))
	if content := lineAt(text, int(at.Line)); bytes.IndexByte(content[:at.Column-1], '\t') >= 0 {
		at.Column = int32(bytes.IndexByte(content, '\t') + 1)
		message = "the line is indented with a tab; YAML wants spaces"
	}
	return &failure{at: at, message: "not YAML: " + message, syntax: true}
}

// yamlRemedy says what to do about what people often write.
func yamlRemedy(message string) string {
	switch message {
	case "mapping values are not allowed in this context":
		return `; put text that holds ": " in quotes, and indent members alike`
	case "found character that cannot start any token":
		return "; put text that begins with @, % or ` in quotes"
	case "found unexpected end of stream":
		return "; close the quote that is opened here"
	case "could not find expected ':'":
		return "; a key has a colon and a space after it"
	}
	return ""
}

// lineStart returns where the content of the line begins.
func lineStart(text []byte, line int) Place {
	content := lineAt(text, line)
	indent := len(content) - len(bytes.TrimLeft(content, " \t"))
	return Place{Line: int32(line), Column: int32(indent + 1)}
}

// brokenBefore reports whether the lines before the given one are misplaced
// already.
func brokenBefore(text []byte, line int) bool {
	end := len(text) - len(linesFrom(text, line))
	decoder := yaml.NewDecoder(bytes.NewReader(text[:end]))
	for {
		if _, err := decode(decoder); err != nil {
			return strings.Contains(err.Error(), "did not find expected")
		}
	}
}

// linesFrom returns text from the given line on.
func linesFrom(text []byte, line int) []byte {
	for ; line > 1; line-- {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return nil
		}
		text = text[i+1:]
	}
	return text
}

func lineAt(text []byte, line int) []byte {
	content, _, _ := bytes.Cut(linesFrom(text, line), []byte("\n"))
	return content
}

// forbiddenRune finds the first character that the parser refuses.
func forbiddenRune(text []byte) (Place, rune) {
	at := Place{Line: 1, Column: 1}
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\n':
			at.Line++
			at.Column = 0
		case r >= 0x7F && r <= 0x9F && r != 0x85, r == 0xFEFF, r == 0xFFFE, r == 0xFFFF:
			return at, r
		}
		at.Column++
		text = text[size:]
	}
	return Place{Line: 1, Column: 1}, utf8.RuneError
}

// findAlias finds the first *name that does not stand within a word.
func findAlias(text []byte, name string) (Place, bool) {
	alias := []byte("*" + name)
	for line := int32(1); len(text) > 0; line++ {
		content, rest, _ := bytes.Cut(text, []byte("\n"))
		i := bytes.Index(content, alias)
		if i == 0 || i > 0 && strings.IndexByte(" \t[{,:", content[i-1]) >= 0 {
			return Place{Line: line, Column: int32(utf8.RuneCount(content[:i]) + 1)}, true
		}
		text = rest
	}
	return Place{}, false
}
