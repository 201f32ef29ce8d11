package doctree

import (
	"math/big"
	"strconv"
	"strings"
)

// maxExponentDigits bounds the exponents that are normalised, so that sums of
// them fit an int64.
const maxExponentDigits = 17

// canonicalNumber returns the one JSON notation of a number that JSON or YAML
// wrote: equal values have equal notations, however large or precise they are.
// It returns false for what is no number in decimal digits, such as infinity.
func canonicalNumber(written string) (string, bool) {
	plain := strings.ReplaceAll(written, "_", "")
	if jsonNumber([]byte(plain)) != len(plain) {
		if n, ok := yamlInteger(plain); ok {
			return n, true
		}
	}
	negative := strings.HasPrefix(plain, "-")
	mantissa := strings.TrimLeft(plain, "+-")
	exponent := int64(0)
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		digits := mantissa[i+1:]
		if len(strings.TrimLeft(digits, "+-0")) > maxExponentDigits {
			return strings.ToLower(plain), jsonNumber([]byte(plain)) == len(plain)
		}
		e, err := parseExponent(digits)
		if err != nil {
			return "", false
		}
		mantissa, exponent = mantissa[:i], e
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	exponent -= int64(len(fraction))
	digits = strings.TrimLeft(digits, "0")
	trimmed := strings.TrimRight(digits, "0")
	exponent += int64(len(digits) - len(trimmed))
	switch {
	case trimmed == "":
		return "0", true
	case negative:
		trimmed = "-" + trimmed
	}
	if exponent == 0 {
		return trimmed, true
	}
	return trimmed + "e" + strconv.FormatInt(exponent, 10), true
}

// parseExponent reads the digits of an exponent, which may have zeros in
// front without end.
func parseExponent(s string) (int64, error) {
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	if trimmed := strings.TrimLeft(s, "0"); trimmed != "" || s == "" {
		s = trimmed
	} else {
		s = "0"
	}
	return strconv.ParseInt(sign+s, 10, 64)
}

// yamlInteger reads the notations that only YAML has for integers, of 64 bits
// at most: 0x1F, 0o17, 017 and 0b11.
func yamlInteger(plain string) (string, bool) {
	if len(plain) > 70 {
		return "", false
	}
	n, ok := new(big.Int).SetString(plain, 0)
	if !ok || !n.IsInt64() && !n.IsUint64() {
		return "", false
	}
	digits, _ := canonicalNumber(n.String())
	return digits, true
}
