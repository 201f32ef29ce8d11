package gate_test

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright/internal/dataapi/gate"
)

// TestLiterals: a string reaches the database as it was meant, whatever the
// session says of backslashes and quotes, and never ends early.
func TestLiterals(t *testing.T) {
	values := []string{
		"", "plain", "it's", "''", `\`, `\'`, `a\`, `\\'`, `\' OR 1=1 -- `, `'; DROP TABLE t_orders; --`, `"`, "`", "line\nline", "tab\t",
		"größe 日本 \U0001F600", "%_", `\%`, "縗'", "/* x */", "$1 ? :a {b:String}", strings.Repeat("'", 99),
	}
	settings := map[gate.Dialect][]string{
		gate.PostgreSQL: {"SET standard_conforming_strings = on", "SET standard_conforming_strings = off", "SET backslash_quote = off"},
		gate.MySQL:      {"SET sql_mode = ''", "SET sql_mode = 'NO_BACKSLASH_ESCAPES'", "SET sql_mode = 'ANSI_QUOTES'", "SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'"},
		gate.SQLite:     {"SELECT 1"},
	}
	for d, start := range engines() {
		t.Run(string(d), func(t *testing.T) {
			e := start(t)
			g, err := gate.New(e.rules)
			if err != nil {
				t.Fatal(err)
			}
			conn, err := e.guest.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, setting := range settings[d] {
				if _, err := conn.ExecContext(t.Context(), setting); err != nil {
					t.Fatal(err)
				}
				for _, value := range values {
					written := strings.ReplaceAll(value, "'", "''")
					if d == gate.MySQL {
						written = strings.ReplaceAll(written, `\`, `\\`)
					}
					s, err := g.Check("select '" + written + "' as s")
					if err != nil {
						t.Fatalf("%q: %v", value, err)
					}
					var got string
					if err := conn.QueryRowContext(t.Context(), s.SQL).Scan(&got); err != nil {
						t.Errorf("%s: %q: %v\n%s", setting, value, err, s.SQL)
					} else if got != value {
						t.Errorf("%s: got %q; want %q\n%s", setting, got, value, s.SQL)
					}
				}
			}
		})
	}
}
