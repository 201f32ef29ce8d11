package present_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright/internal/breaking"
	"github.com/gatewright/gatewright/internal/breaking/present"
)

var update = flag.Bool("update", false, "rewrite the table and the example in docs/compatibility.md")

const docs = "../../../docs/compatibility.md"

// TestDocs keeps the documentation true: its example is run, its table is the
// catalogue.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	var documents []breaking.Document
	for _, name := range []string{"orders-1.2.yaml", "orders-1.3.yaml"} {
		documents = append(documents, breaking.Document{Name: name, Text: []byte(between(t, page, "```yaml "+name+"\n", "```"))})
	}
	r, err := breaking.Compare(context.Background(), documents[0], documents[1], breaking.Options{})
	if err != nil {
		t.Fatal(err)
	}
	output, table := between(t, page, "```text\n", "```"), page[strings.LastIndex(page, "|---|\n")+len("|---|\n"):]
	wantOutput, wantTable := present.Text(r, breaking.Major), rulesTable()
	if *update {
		page = strings.Replace(page, output+"```", wantOutput+"```", 1)
		page = strings.TrimSuffix(page, table) + wantTable
		if err := os.WriteFile(docs, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(wantOutput, output); diff != "" {
		t.Errorf("the example (run with -update; -want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantTable, table); diff != "" {
		t.Errorf("the rules (run with -update; -want +got):\n%s", diff)
	}
}

func between(t *testing.T, page, start, end string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, start)
	text, _, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("the page has no %q", start)
	}
	return text
}

func rulesTable() string {
	var b strings.Builder
	for _, r := range breaking.Rules() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.ID, r.Level, r.Why, r.Keep)
	}
	return b.String()
}
