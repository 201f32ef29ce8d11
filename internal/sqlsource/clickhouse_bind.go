package sqlsource

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// clickhousePlaceholder is what stands between the braces of a placeholder.
var clickhousePlaceholder = regexp.MustCompile(`^p([1-9][0-9]{0,4}):([A-Za-z][A-Za-z0-9_(), '/+-]{0,200})$`)

// bindClickHouse binds the arguments to the placeholders {p1:Type}, {p2:Type}
// and so on. A modern server gets them as parameters beside the statement;
// an older one knows none, so that they are written into its text, each as a
// literal of its type.
func bindClickHouse(sql string, args []Arg, modern bool, parameters url.Values) (string, error) {
	var b strings.Builder
	var failure error
	from, used := 0, make([]bool, len(args))
	code(gatewright.ClickHouse, sql, func(i int) int {
		if sql[i] != '{' || failure != nil {
			return i + 1
		}
		end := strings.IndexByte(sql[i:], '}')
		if end < 0 {
			return len(sql)
		}
		end += i
		parts := clickhousePlaceholder.FindStringSubmatch(sql[i+1 : end])
		if parts == nil {
			failure = fail(Refused, "%.80q is no placeholder; they are {p1:Type}, {p2:Type} …", sql[i:end+1])
			return len(sql)
		}
		n, _ := strconv.Atoi(parts[1]) // digits only
		if n > len(args) {
			failure = fail(Refused, "there is a placeholder p%d and %d arguments", n, len(args))
			return len(sql)
		}
		used[n-1] = true
		if modern {
			parameters.Set("param_p"+parts[1], clickhouseParameter(args[n-1], parts[2]))
			return end + 1
		}
		b.WriteString(sql[from:i])
		b.WriteString(clickhouseLiteral(args[n-1], parts[2]))
		from = end + 1
		return from
	})
	if failure != nil {
		return "", failure
	}
	for i, u := range used {
		if !u {
			return "", fail(Refused, "there is no placeholder p%d for argument %d", i+1, i+1)
		}
	}
	b.WriteString(sql[from:])
	return b.String(), nil
}

// clickhouseText returns an argument as ClickHouse reads a value of the type.
// An instant is given in seconds, so that no zone comes into it.
func clickhouseText(a Arg, declared string) string {
	switch a.Kind {
	case Bool:
		if strings.Contains(declared, "String") {
			return a.Text
		}
		return map[string]string{"true": "1", "false": "0"}[a.Text]
	case Timestamp:
		t, err := time.Parse(time.RFC3339Nano, a.Text)
		if err != nil || !strings.Contains(declared, "DateTime") {
			return a.spaced()
		}
		seconds := strconv.FormatInt(t.Unix(), 10)
		if fraction := t.Nanosecond(); fraction != 0 && strings.Contains(declared, "DateTime64") {
			digits := strconv.Itoa(1_000_000_000 + fraction)
			seconds += "." + strings.TrimRight(digits[1:], "0")
		}
		return seconds
	case DateTime:
		return a.spaced()
	}
	return a.Text
}

// clickhouseParameter returns the value of a parameter, with the escapes of
// the format that the server reads it as.
func clickhouseParameter(a Arg, declared string) string {
	if a.Kind == Null {
		return `\N`
	}
	return strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`, "\b", `\b`, "\f", `\f`).Replace(clickhouseText(a, declared))
}

// clickhouseLiteral returns the literal of an argument for the text of a
// statement. Its form was checked: digits are digits.
func clickhouseLiteral(a Arg, declared string) string {
	switch {
	case a.Kind == Null:
		return "NULL"
	case a.Kind == Integer && strings.Contains(declared, "Int"):
		if strings.HasPrefix(a.Text, "-") { // two of them would begin a comment
			return "(" + a.Text + ")"
		}
		return a.Text
	case a.Kind == Timestamp && strings.Contains(declared, "DateTime"):
		return "CAST(" + clickhouseText(a, declared) + " AS " + declared + ")"
	}
	return "CAST(" + clickhouseQuote(clickhouseText(a, declared)) + " AS " + declared + ")"
}

// clickhouseQuote returns text as a literal. What is not a plain character is
// escaped, byte for byte.
func clickhouseQuote(text string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
