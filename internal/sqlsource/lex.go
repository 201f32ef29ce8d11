package sqlsource

import (
	"strings"

	"github.com/gatewright/gatewright"
)

// opaque returns the end of what begins at i in a statement and is no code: a
// text in quotes or a comment. It returns i where there is code. What has no
// end goes on to the end of the statement: the database will refuse it.
func opaque(dialect gatewright.Dialect, sql string, i int) int {
	rest := sql[i:]
	switch rest[0] {
	case '\'', '"', '`':
		return quoted(sql, i, rest[0], dialect == gatewright.ClickHouse || dialect == gatewright.MySQL && rest[0] != '`')
	case '[':
		if dialect == gatewright.SQLite {
			return after(sql, i+1, "]")
		}
	case '-':
		if strings.HasPrefix(rest, "--") && (dialect != gatewright.MySQL || len(rest) == 2 || rest[2] <= ' ') {
			return after(sql, i+2, "\n")
		}
	case '#':
		if dialect == gatewright.MySQL {
			return after(sql, i+1, "\n")
		}
	case '/':
		if strings.HasPrefix(rest, "/*") {
			return after(sql, i+2, "*/")
		}
	}
	return i
}

// quoted returns the end of the text in quotes that begins at i. Two quotes
// are one in it, and so is one after a backslash where escapes are known.
func quoted(sql string, i int, quote byte, escapes bool) int {
	for j := i + 1; j < len(sql); j++ {
		switch {
		case escapes && sql[j] == '\\':
			j++
		case sql[j] == quote && j+1 < len(sql) && sql[j+1] == quote:
			j++
		case sql[j] == quote:
			return j + 1
		}
	}
	return len(sql)
}

func after(sql string, from int, end string) int {
	if n := strings.Index(sql[from:], end); n >= 0 {
		return from + n + len(end)
	}
	return len(sql)
}

// code calls visit with the offset of every byte of code. It goes on with what
// visit returns, which must be greater.
func code(dialect gatewright.Dialect, sql string, visit func(i int) int) {
	for i := 0; i < len(sql); {
		if end := opaque(dialect, sql, i); end > i {
			i = end
			continue
		}
		i = visit(i)
	}
}

// single reports whether the statement is one: nothing but space and comments
// follows a semicolon.
func single(dialect gatewright.Dialect, sql string) bool {
	one, ended := true, false
	for i := 0; i < len(sql); {
		if end := opaque(dialect, sql, i); end > i {
			one = one && (!ended || sql[i] == '-' || sql[i] == '/' || sql[i] == '#')
			i = end
			continue
		}
		switch {
		case sql[i] == ';':
			ended = true
		case ended && sql[i] > ' ':
			one = false
		}
		i++
	}
	return one
}

// firstWord returns the first word of the statement's code in upper case, or
// "(".
func firstWord(dialect gatewright.Dialect, sql string) string {
	word := ""
	code(dialect, sql, func(i int) int {
		switch c := sql[i]; {
		case letter(c):
			end := i
			for end < len(sql) && letter(sql[end]) {
				end++
			}
			word = strings.ToUpper(sql[i:end])
		case c <= ' ':
			return i + 1
		default:
			word = string(rune(c))
		}
		return len(sql)
	})
	return word
}

func letter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
