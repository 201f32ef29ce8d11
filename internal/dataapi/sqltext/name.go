package sqltext

import (
	"strings"

	"github.com/gatewright/gatewright"
)

// QuoteName returns one name in the dialect's quotes. A NUL byte or an empty
// name is refused with an [gatewright.Invalid] error: no dialect has a way to
// write it.
func QuoteName(d gatewright.Dialect, name string) (string, error) {
	if name == "" || strings.ContainsRune(name, 0) {
		return "", gatewright.Errorf(gatewright.Invalid, "%q cannot be the name of a table or field", name)
	}
	switch d {
	case gatewright.MySQL:
		return "`" + strings.ReplaceAll(name, "`", "``") + "`", nil
	case gatewright.ClickHouse:
		return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`", nil
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`, nil
}

// QuotePath quotes each part of "table.field" or "field".
func QuotePath(d gatewright.Dialect, path string) (string, error) {
	parts := strings.Split(path, ".")
	for i, p := range parts {
		q, err := QuoteName(d, p)
		if err != nil {
			return "", err
		}
		parts[i] = q
	}
	return strings.Join(parts, "."), nil
}
