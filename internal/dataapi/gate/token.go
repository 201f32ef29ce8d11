package gate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
)

// kind is what a token is.
type kind uint8

const (
	end    kind = iota
	word        // a keyword or an identifier without quotes
	quoted      // an identifier in quotes
	text        // a string
	number      // digits, perhaps with fraction and exponent
	sign        // an operator or punctuation
	marker      // a placeholder
)

// token is one token. Its value is the word as written, the identifier or the
// string without quotes and escapes, or the sign.
type token struct {
	kind   kind
	value  string
	upper  string // the word in upper case
	offset int
	to     int // offset behind the token
}

// scanner cuts a statement into tokens as its dialect does, and refuses what
// databases or their settings read in different ways.
type scanner struct {
	dialect *dialect
	sql     string
	at      int
	tokens  []token
}

// scan returns the tokens of a statement, with an end token behind them.
func scan(d *dialect, sql string) ([]token, *refusal) {
	if len(sql) > MaxBytes {
		return nil, refuse(gatewright.LimitExceeded, MaxBytes, "the statement has %d bytes; at most %d are allowed", len(sql), MaxBytes)
	}
	if !utf8.ValidString(sql) {
		return nil, refuse(gatewright.Invalid, 0, "the text is not valid UTF-8; send it as UTF-8")
	}
	if i := strings.IndexFunc(sql, forbiddenRune); i >= 0 {
		return nil, refuse(gatewright.Invalid, i, "there is a control or formatting character; remove it, or pass it as a parameter")
	}
	s := &scanner{dialect: d, sql: sql}
	for {
		if r := s.blank(); r != nil {
			return nil, r
		}
		if s.at == len(sql) {
			break
		}
		if len(s.tokens) == MaxTokens {
			return nil, refuse(gatewright.LimitExceeded, s.at, "the statement has more than %d words and signs", MaxTokens)
		}
		if r := s.next(); r != nil {
			return nil, r
		}
	}
	s.tokens = append(s.tokens, token{kind: end, offset: len(sql), to: len(sql)})
	return s.tokens, nil
}

// forbiddenRune finds what no statement needs and readers overlook: control
// characters, direction marks and invisible joiners.
func forbiddenRune(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' || unicode.Is(unicode.Cf, r)
}

// blank skips space and comments.
func (s *scanner) blank() *refusal {
	for s.at < len(s.sql) {
		rest := s.sql[s.at:]
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			s.at++
		case strings.HasPrefix(rest, "--"):
			if s.dialect.name == MySQL && len(rest) > 2 && !strings.ContainsRune(" \t\r\n", rune(rest[2])) {
				return refuse(gatewright.Invalid, s.at, "\"--\" begins a comment only with a space behind it; write \"- -\" for two signs")
			}
			if r := s.lineComment(rest); r != nil {
				return r
			}
		case c == '#' && s.dialect.name == MySQL:
			if r := s.lineComment(rest); r != nil {
				return r
			}
		case strings.HasPrefix(rest, "/*"):
			if r := s.blockComment(rest); r != nil {
				return r
			}
		default:
			return nil
		}
	}
	return nil
}

// lineComment skips to the end of the line. Databases disagree on whether a
// carriage return alone ends it.
func (s *scanner) lineComment(rest string) *refusal {
	n := strings.IndexByte(rest, '\n')
	if n < 0 {
		n = len(rest)
	}
	if i := strings.IndexByte(strings.TrimSuffix(rest[:n], "\r"), '\r'); i >= 0 {
		return refuse(gatewright.Invalid, s.at+i, "a comment holds a carriage return; end it with a line feed")
	}
	s.at += n
	return nil
}

// blockComment skips a comment that no database takes for an instruction.
// Databases disagree on whether comments nest.
func (s *scanner) blockComment(rest string) *refusal {
	if len(rest) > 2 && (rest[2] == '!' || rest[2] == '+' || rest[2] == 'M' && strings.HasPrefix(rest[3:], "!")) {
		return refuse(gatewright.Invalid, s.at, "comments that databases execute (/*! */) or take as hints (/*+ */) are not allowed; remove it")
	}
	n := strings.Index(rest[2:], "*/")
	if n < 0 {
		return refuse(gatewright.Invalid, s.at, "the comment does not end; close it with */")
	}
	if i := strings.Index(rest[2:2+n], "/*"); i >= 0 {
		return refuse(gatewright.Invalid, s.at+2+i, "a comment is inside a comment; remove the inner one")
	}
	s.at += n + 4
	return nil
}

// next reads one token.
func (s *scanner) next() *refusal {
	rest := s.sql[s.at:]
	c := rest[0]
	switch {
	case c == '\'':
		return s.quotedToken(text, '\'', s.dialect.backslash)
	case c == '"' && s.dialect.name == MySQL:
		return s.quotedToken(text, '"', true)
	case c == '"' || c == '`' && s.dialect.name != PostgreSQL:
		return s.quotedToken(quoted, c, false)
	case c >= '0' && c <= '9':
		return s.number(rest)
	case c == '$' && s.dialect.name == PostgreSQL:
		return s.dollar(rest)
	case c == '?' && s.dialect.questionMark:
		s.add(marker, "?", 1)
		return nil
	}
	if n := wordLength(rest); n > 0 {
		return s.word(rest[:n])
	}
	for _, op := range s.dialect.signs {
		if strings.HasPrefix(rest, op) {
			s.add(sign, op, len(op))
			return nil
		}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	if r == '@' {
		return refuse(gatewright.Invalid, s.at, "variables (@name) are not allowed; pass the value as a parameter")
	}
	return refuse(gatewright.Invalid, s.at, "%q has no meaning here", r)
}

func (s *scanner) add(k kind, value string, n int) {
	t := token{kind: k, value: value, offset: s.at, to: s.at + n}
	if k == word {
		t.upper = strings.ToUpper(value)
	}
	s.tokens = append(s.tokens, t)
	s.at += n
}

// word adds a word, or a PostgreSQL string with escapes: E'…'.
func (s *scanner) word(w string) *refusal {
	if len(w) > MaxName {
		return refuse(gatewright.LimitExceeded, s.at, "the name has %d bytes; at most %d are allowed", len(w), MaxName)
	}
	behind := s.sql[s.at+len(w):]
	if s.dialect.name == PostgreSQL && (w == "E" || w == "e") && strings.HasPrefix(behind, "'") {
		s.at++
		return s.quotedToken(text, '\'', true)
	}
	if strings.HasPrefix(behind, "'") {
		return refuse(gatewright.Invalid, s.at, "strings with a prefix (%s'…') are not allowed; write '…' or pass a parameter", w)
	}
	if strings.HasPrefix(behind, "&'") || strings.HasPrefix(behind, "&\"") {
		return refuse(gatewright.Invalid, s.at, "names and strings in Unicode escapes (U&) are not allowed; write the characters themselves")
	}
	s.add(word, w, len(w))
	return nil
}

// quotedToken reads a string or an identifier in quotes. A doubled quote
// stands for itself.
func (s *scanner) quotedToken(k kind, quote byte, escapes bool) *refusal {
	var b strings.Builder
	start := s.at
	for i := s.at + 1; i < len(s.sql); i++ {
		c := s.sql[i]
		switch {
		case c == quote && i+1 < len(s.sql) && s.sql[i+1] == quote:
			b.WriteByte(quote)
			i++
		case c == quote:
			value := b.String()
			if k == quoted && !s.dialect.printable(value) {
				return refuse(gatewright.Invalid, start, "the name in quotes is empty, longer than %d bytes or has a character that %s names cannot have here", MaxName, s.dialect.name)
			}
			s.add(k, value, i+1-start)
			return nil
		case c == '\\' && escapes:
			if i++; i == len(s.sql) {
				return refuse(gatewright.Invalid, start, "the quote is not closed")
			}
			plain, ok := unescape(s.dialect, s.sql[i])
			if !ok {
				return refuse(gatewright.Invalid, i-1, "the escape \\%c is not allowed; write the character itself, or pass the string as a parameter", s.sql[i])
			}
			b.WriteString(plain)
		default:
			b.WriteByte(c)
		}
	}
	return refuse(gatewright.Invalid, start, "the quote is not closed")
}

// unescape returns what a backslash and c stand for. MySQL keeps the backslash
// before % and _, where it escapes a wildcard.
func unescape(d *dialect, c byte) (string, bool) {
	switch c {
	case '\\', '\'', '"':
		return string(c), true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case 'r':
		return "\r", true
	case '%', '_':
		return `\` + string(c), d.name == MySQL
	default:
		return "", false
	}
}

func (s *scanner) number(rest string) *refusal {
	n := numberLength(rest)
	if n == 0 || n > MaxName || wordLength(rest[n:]) > 0 || n < len(rest) && (rest[n] == '.' || rest[n] >= '0' && rest[n] <= '9') {
		return refuse(gatewright.Invalid, s.at, "this is no decimal number; write digits, or put a name that begins with a digit in quotes")
	}
	s.add(number, rest[:n], n)
	return nil
}

// dollar reads a placeholder of PostgreSQL.
func (s *scanner) dollar(rest string) *refusal {
	n := 1 + digits(rest[1:])
	if n == 1 || n > 6 || rest[1] == '0' || wordLength(rest[n:]) > 0 || n < len(rest) && rest[n] == '$' {
		return refuse(gatewright.Invalid, s.at, "strings in dollar quotes are not allowed; write '…', or $1 for a parameter")
	}
	s.add(marker, rest[:n], n)
	return nil
}

// wordLength returns the length of the word that s begins with, 0 for none.
func wordLength(s string) int {
	for i, r := range s {
		if r == '_' || unicode.IsLetter(r) || i > 0 && unicode.IsDigit(r) {
			continue
		}
		return i
	}
	return len(s)
}

// numberLength returns the length of the decimal number that s begins with:
// digits, perhaps a point with digits, perhaps an exponent; 0 for none.
func numberLength(s string) int {
	n := digits(s)
	if n == 0 {
		return 0
	}
	if n < len(s) && s[n] == '.' {
		fraction := digits(s[n+1:])
		if fraction == 0 {
			return 0
		}
		n += 1 + fraction
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		i := n + 1
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		exponent := digits(s[i:])
		if exponent == 0 {
			return 0
		}
		n = i + exponent
	}
	return n
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
