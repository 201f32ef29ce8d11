package expr

import (
	"math/big"
	"strconv"

	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// Bounds of exact numbers. Quotients that do not end are rounded.
const (
	maxBits        = 400 // of numerator and denominator, more than param.MaxDigits needs
	quotientDigits = 34  // behind the point
	maxExponent    = 1024
)

// number returns v as an exact number. A float counts as the shortest decimal
// that means it.
func number(v any) (*big.Rat, bool) {
	switch v := v.(type) {
	case int64:
		return new(big.Rat).SetInt64(v), true
	case uint64:
		return new(big.Rat).SetUint64(v), true
	case param.Decimal:
		return new(big.Rat).SetString(string(v))
	case float64:
		return new(big.Rat).SetString(strconv.FormatFloat(v, 'e', -1, 64))
	}
	return nil, false
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, uint64, param.Decimal, float64:
		return true
	}
	return false
}

// result returns r as a value: whole numbers as such, others as decimals.
func result(r *big.Rat, offset int) (any, *Error) {
	if r.Num().BitLen() > maxBits || r.Denom().BitLen() > maxBits {
		return nil, errorf(offset, "the number has more than %d digits", param.MaxDigits)
	}
	var text string
	if n, exact := r.FloatPrec(); exact && n <= quotientDigits {
		text = r.FloatString(n)
	} else {
		text = r.FloatString(quotientDigits)
	}
	d, ok := param.ParseDecimal(text)
	if !ok {
		return nil, errorf(offset, "the number has more than %d digits", param.MaxDigits)
	}
	if n, whole := d.Integer(); whole {
		return n, nil
	}
	return d, nil
}

// calculate applies + - * / % ** to numbers.
func calculate(op string, a, b any, offset int) (any, *Error) {
	if x, ok := a.(int64); ok {
		if y, ok := b.(int64); ok {
			if v, ok := small(op, x, y); ok {
				return v, nil
			}
		}
	}
	x, okX := number(a)
	y, okY := number(b)
	if !okX || !okY {
		return nil, errorf(offset, "%s calculates with numbers, not with %s and %s", op, typeName(a), typeName(b))
	}
	if (op == "/" || op == "%") && y.Sign() == 0 {
		return nil, errorf(offset, "division by zero")
	}
	switch op {
	case "+":
		x.Add(x, y)
	case "-":
		x.Sub(x, y)
	case "*":
		x.Mul(x, y)
	case "/":
		x.Quo(x, y)
	case "%":
		if !x.IsInt() || !y.IsInt() {
			return nil, errorf(offset, "%% takes whole numbers")
		}
		x.SetInt(new(big.Int).Rem(x.Num(), y.Num()))
	case "**":
		return power(x, y, offset)
	}
	return result(x, offset)
}

// small calculates within int64, where nothing overflows.
func small(op string, x, y int64) (int64, bool) {
	const safe = 1 << 31
	if x > safe || x < -safe || y > safe || y < -safe {
		return 0, false
	}
	switch op {
	case "+":
		return x + y, true
	case "-":
		return x - y, true
	case "*":
		return x * y, true
	case "%":
		if y != 0 {
			return x % y, true
		}
	case "/":
		if y != 0 && x%y == 0 {
			return x / y, true
		}
	}
	return 0, false
}

func power(x, y *big.Rat, offset int) (any, *Error) {
	if !y.IsInt() || !y.Num().IsInt64() || y.Num().Int64() < 0 || y.Num().Int64() > maxExponent {
		return nil, errorf(offset, "** takes an exponent from 0 to %d", maxExponent)
	}
	out := big.NewRat(1, 1)
	for range y.Num().Int64() {
		out.Mul(out, x)
		if out.Num().BitLen() > maxBits || out.Denom().BitLen() > maxBits {
			return nil, errorf(offset, "the number has more than %d digits", param.MaxDigits)
		}
	}
	return result(out, offset)
}
