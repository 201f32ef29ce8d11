package gate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGolden pins the text that each dialect's database sees.
func TestGolden(t *testing.T) {
	for _, d := range dialects() {
		t.Run(string(d), func(t *testing.T) {
			file := filepath.Join("testdata", string(d)+".txt")
			g := mustGate(t, shop(d))
			var b strings.Builder
			for i, c := range readGolden(t, file) {
				if i > 0 {
					b.WriteString("\n")
				}
				s, err := g.Check(c.sql)
				if err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
				b.WriteString("-- " + c.name + "\n" + c.sql + "\n" + describe(s, err))
			}
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("run with -update and look at the difference (-want +got):\n%s", diff)
			}
		})
	}
}
