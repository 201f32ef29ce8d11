package sqltext

import (
	"strings"

	"github.com/gatewright/gatewright"
)

// Kind is the kind of a [Token].
type Kind uint8

// The kinds of tokens.
const (
	Space       Kind = iota + 1
	Word             // a keyword, a name, a number
	String           // a literal in quotes, whatever kind of quotes
	Name             // a quoted name
	LineComment      // with the line's end
	BlockComment
	Hint      // a comment the database acts on
	Parameter // a parameter of the database's own: ?, $1, :name, {name:Type}
	Semicolon
	Symbol // any other character
)

// Token is one piece of SQL: the bytes from where [Next] was called to End.
type Token struct {
	Kind   Kind
	End    int
	Closed bool // false when a string, name or comment lacks its end
}

// Code reports whether the token is more than blanks and comments.
func (t Token) Code() bool {
	return t.Kind != Space && t.Kind != LineComment && t.Kind != BlockComment
}

// Next returns the token that begins at s[i]; i must be less than len(s).
//
// A word ends in front of "${", which is never part of a name here; "#{" is
// never the start of a comment.
func Next(d gatewright.Dialect, s string, i int) Token {
	c := s[i]
	switch {
	case isSpace(c):
		j := i + 1
		for j < len(s) && isSpace(s[j]) {
			j++
		}
		return Token{Space, j, true}
	case c == ';':
		return Token{Semicolon, i + 1, true}
	case c == '\'':
		return quoted(s, i, backslashes(d, s, i), String)
	case c == '"':
		if d == gatewright.MySQL {
			return quoted(s, i, true, String)
		}
		return quoted(s, i, d == gatewright.ClickHouse, Name)
	case c == '`' && d != gatewright.PostgreSQL:
		return quoted(s, i, d == gatewright.ClickHouse, Name)
	case c == '[' && d == gatewright.SQLite:
		if j := strings.IndexByte(s[i:], ']'); j >= 0 {
			return Token{Name, i + j + 1, true}
		}
		return Token{Name, len(s), false}
	case c == '-' && lineComment(d, s, i), c == '#' && hashComment(d, s, i):
		j := strings.IndexByte(s[i:], '\n')
		if j < 0 {
			return Token{LineComment, len(s), true}
		}
		return Token{LineComment, i + j + 1, true}
	case c == '/' && strings.HasPrefix(s[i:], "/*"):
		return blockComment(d, s, i)
	case c == '$':
		return dollar(d, s, i)
	}
	if t, ok := parameter(d, s, i); ok {
		return t
	}
	if !wordByte(c) {
		return Token{Symbol, i + 1, true}
	}
	return word(s, i)
}

func word(s string, i int) Token {
	j := i
	for j < len(s) && (wordByte(s[j]) || s[j] == '$' && j > i && !strings.HasPrefix(s[j:], "${")) {
		j++
	}
	return Token{Word, max(j, i+1), true}
}

// backslashes reports whether a backslash escapes in the string at s[i]. For
// MySQL it is assumed that the mode NO_BACKSLASH_ESCAPES is off, the default.
func backslashes(d gatewright.Dialect, s string, i int) bool {
	switch d {
	case gatewright.MySQL, gatewright.ClickHouse:
		return true
	case gatewright.PostgreSQL:
		return i > 0 && (s[i-1] == 'E' || s[i-1] == 'e') && (i == 1 || !wordByte(s[i-2]) && s[i-2] != '$')
	}
	return false
}

// quoted finds the end of what begins with a quote; two quotes are one.
func quoted(s string, i int, backslash bool, kind Kind) Token {
	q := s[i]
	for j := i + 1; j < len(s); j++ {
		switch {
		case backslash && s[j] == '\\':
			j++
		case s[j] == q && j+1 < len(s) && s[j+1] == q:
			j++
		case s[j] == q:
			return Token{kind, j + 1, true}
		}
	}
	return Token{kind, len(s), false}
}

// lineComment reports whether s[i] starts a comment with two hyphens. MySQL
// wants a blank behind them: "5--1" is six there.
func lineComment(d gatewright.Dialect, s string, i int) bool {
	if !strings.HasPrefix(s[i:], "--") {
		return false
	}
	return d != gatewright.MySQL || i+2 == len(s) || s[i+2] <= ' '
}

// hashComment reports whether s[i] starts a comment with a hash. ClickHouse
// knows only "# " and "#!".
func hashComment(d gatewright.Dialect, s string, i int) bool {
	next := byte(' ')
	if i+1 < len(s) {
		next = s[i+1]
	}
	switch d {
	case gatewright.MySQL:
		return next != '{'
	case gatewright.ClickHouse:
		return next == ' ' || next == '!'
	}
	return false
}

// blockComment ends at the first "*/", in PostgreSQL at the one that closes
// the outermost. Releases of ClickHouse differ on that, so that a comment in a
// comment counts as not closed there.
func blockComment(d gatewright.Dialect, s string, i int) Token {
	kind := BlockComment
	if i+2 < len(s) && (s[i+2] == '+' || s[i+2] == '!' || strings.HasPrefix(s[i+2:], "M!")) {
		kind = Hint
	}
	depth := 1
	for j := i + 2; j+1 < len(s); j++ {
		switch {
		case s[j] == '*' && s[j+1] == '/':
			j++
			if depth--; depth == 0 {
				return Token{kind, j + 1, true}
			}
		case s[j] == '/' && s[j+1] == '*' && d == gatewright.ClickHouse:
			return Token{kind, j, false}
		case s[j] == '/' && s[j+1] == '*' && d == gatewright.PostgreSQL:
			depth++
			j++
		}
	}
	return Token{kind, len(s), false}
}

// dollar reads $tag$text$tag$ of PostgreSQL and ClickHouse, else the parameter
// or the single character.
func dollar(d gatewright.Dialect, s string, i int) Token {
	if d == gatewright.PostgreSQL || d == gatewright.ClickHouse {
		j := i + 1
		for j < len(s) && wordByte(s[j]) && (j > i+1 || !digit(s[j])) {
			j++
		}
		if j < len(s) && s[j] == '$' {
			tag := s[i : j+1]
			if k := strings.Index(s[j+1:], tag); k >= 0 {
				return Token{String, j + 1 + k + len(tag), true}
			}
			return Token{String, len(s), false}
		}
	}
	if t, ok := parameter(d, s, i); ok {
		return t
	}
	return Token{Symbol, i + 1, true}
}

// parameter recognises the parameters that the database itself would bind. A
// script that contains one would shift the values bound to its placeholders.
func parameter(d gatewright.Dialect, s string, i int) (Token, bool) {
	next := byte(0)
	if i+1 < len(s) {
		next = s[i+1]
	}
	start := -1
	switch c := s[i]; {
	case c == '?' && (d == gatewright.MySQL || d == gatewright.SQLite):
		start = i + 1
		if d == gatewright.MySQL {
			return Token{Parameter, i + 1, true}, true
		}
	case c == '$' && d == gatewright.PostgreSQL && digit(next):
		start = i + 1
	case (c == '$' || c == ':' || c == '@') && d == gatewright.SQLite && wordByte(next):
		start = i + 1
	case c == '{' && d == gatewright.ClickHouse:
		return substitution(s, i)
	}
	if start < 0 {
		return Token{}, false
	}
	for start < len(s) && wordByte(s[start]) {
		start++
	}
	return Token{Parameter, start, true}, true
}

// substitution recognises {name:Type} of ClickHouse; a literal map begins with
// a quote.
func substitution(s string, i int) (Token, bool) {
	j := i + 1
	for j < len(s) && isSpace(s[j]) {
		j++
	}
	name := j
	for j < len(s) && wordByte(s[j]) {
		j++
	}
	if j == name || digit(s[name]) {
		return Token{}, false
	}
	for j < len(s) && isSpace(s[j]) {
		j++
	}
	if j == len(s) || s[j] != ':' {
		return Token{}, false
	}
	if end := strings.IndexByte(s[j:], '}'); end >= 0 {
		return Token{Parameter, j + end + 1, true}, true
	}
	return Token{Parameter, len(s), true}, true
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || digit(c) || c == '_' || c >= 0x80
}

// WordByte reports whether c can be part of a word.
func WordByte(c byte) bool { return wordByte(c) }
