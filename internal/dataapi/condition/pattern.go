package condition

import (
	"strings"

	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// MaxPatternBytes is how long a pattern of LIKE may be once repeated % are one.
// Some databases match in time that grows with pattern times text.
const MaxPatternBytes = 4096

// encodePattern writes a caller's pattern with the escape character that the
// statement names. Several % in a row mean what one means; a backslash at the
// end means itself.
func encodePattern(pattern string, escape byte) (string, error) {
	var out strings.Builder
	literal := func(c byte) {
		if c == '%' || c == '_' || c == escape {
			out.WriteByte(escape)
		}
		out.WriteByte(c)
	}
	percent := false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		if c == '%' {
			if !percent {
				out.WriteByte(c)
			}
			percent = true
			continue
		}
		percent = false
		switch {
		case c == '_':
			out.WriteByte(c)
		case c == '\\' && i+1 < len(pattern):
			i++
			literal(pattern[i])
		default:
			literal(c)
		}
	}
	if out.Len() > MaxPatternBytes {
		return "", param.Faultf(param.TooLarge, "", "the pattern has more than %d bytes", MaxPatternBytes)
	}
	return out.String(), nil
}
