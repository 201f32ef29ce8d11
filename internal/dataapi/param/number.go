package param

import (
	"math"
	"strconv"
	"strings"
)

// MaxDigits is how many digits a number may have, written without an exponent.
const MaxDigits = 100

// Decimal is an exact number in plain notation: an optional minus sign, digits,
// and digits after a point if there are any. There is no exponent, no plus
// sign, no leading zero more than needed and no negative zero. Zeros at the end
// stay as they were sent.
type Decimal string

// Scale returns how many digits follow the point.
func (d Decimal) Scale() int {
	if i := strings.IndexByte(string(d), '.'); i >= 0 {
		return len(d) - i - 1
	}
	return 0
}

// Digits returns how many digits there are before and after the point.
func (d Decimal) Digits() int {
	return len(d) - strings.Count(string(d), "-") - strings.Count(string(d), ".")
}

// ParseDecimal reads a number as JSON writes it; zeros in front are dropped.
// It refuses what is not exact decimal notation (hexadecimal, NaN, infinity,
// blanks) and more than [MaxDigits] digits.
func ParseDecimal(text string) (Decimal, bool) {
	rest, negative := strings.CutPrefix(text, "-")
	mantissa, exponent := rest, 0
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		mantissa = rest[:i]
		sign := strings.TrimPrefix(rest[i+1:], "+")
		if !allDigits(strings.TrimPrefix(sign, "-")) || len(sign) > 5 {
			return "", false
		}
		exponent, _ = strconv.Atoi(sign)
	}
	whole, fraction, point := strings.Cut(mantissa, ".")
	if !allDigits(whole) || point && !allDigits(fraction) || len(mantissa) > 2*MaxDigits {
		return "", false
	}
	if exponent != 0 {
		if exponent > MaxDigits || exponent < -MaxDigits {
			return "", false
		}
		whole, fraction = shift(whole, fraction, exponent)
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if len(whole)+len(fraction) > MaxDigits {
		return "", false
	}
	out := whole
	if fraction != "" {
		out += "." + fraction
	}
	if negative && strings.Trim(out, "0.") != "" {
		out = "-" + out
	}
	return Decimal(out), true
}

// shift moves the point by exponent places. What an exponent made of zeros at
// the end tells nothing and goes.
func shift(whole, fraction string, exponent int) (string, string) {
	if exponent > 0 {
		fraction += strings.Repeat("0", max(0, exponent-len(fraction)))
		return whole + fraction[:exponent], strings.TrimRight(fraction[exponent:], "0")
	}
	whole = strings.Repeat("0", max(0, -exponent-len(whole))) + whole
	split := len(whole) + exponent
	return whole[:split], strings.TrimRight(whole[split:]+fraction, "0")
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Integer returns the number as int64, uint64 or, when it fits neither, as
// Decimal without a fraction. It reports false when the number is not whole.
func (d Decimal) Integer() (any, bool) {
	whole, fraction, _ := strings.Cut(string(d), ".")
	if strings.Trim(fraction, "0") != "" {
		return nil, false
	}
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil {
		return n, true
	}
	if n, err := strconv.ParseUint(whole, 10, 64); err == nil {
		return n, true
	}
	return Decimal(whole), true
}

// parseFloat reads a number in decimal notation as the nearest binary64; one
// that is too large for it is refused.
func parseFloat(text string) (float64, bool) {
	if text == "" || strings.ContainsAny(text, "xXpP_+nNiI ") && !exponentPlus(text) {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, false
	}
	if f == 0 {
		return 0, true // no negative zero: databases disagree on it
	}
	return f, true
}

// exponentPlus reports whether the only thing unusual in text is the plus sign
// of an exponent, which JSON allows.
func exponentPlus(text string) bool {
	i := strings.IndexByte(text, '+')
	return i > 0 && (text[i-1] == 'e' || text[i-1] == 'E') && !strings.ContainsAny(text[:i]+text[i+1:], "xXpP_+nNiI ")
}
