package match

import (
	"testing"

	"github.com/gatewright/gatewright"
)

// FuzzLookup puts one template from the fuzzer among others and compares the
// table's answer with the model's.
func FuzzLookup(f *testing.F) {
	f.Add("/pet/{id}", "/pet/1", "a.test", "GET", 0)
	f.Add("/pet/{a}-{b}.json", "/pet/x--y.json.json", "b.test", "HEAD", 3)
	f.Add("/files/*", "/files/", "", "PUT", -1)
	f.Add("/", "//", "a.test", "GET", 1)
	f.Fuzz(func(t *testing.T, template, path, host, method string, priority int) {
		live := model(routes(t, "- GET /pet/{id}", "- * /pet/{x}.json", "a.test GET /*", "*.test PUT /pet/1", "- GET /{a}/{b}"))
		e, err := NewEntry(Spec[string]{Path: template, Priority: priority, Value: "fuzzed"})
		if err == nil && !live.conflicts(e) {
			live = append(live, e)
		}
		table := tableOf(t, live...)
		if _, err := gatewright.CanonicalPath(path); err != nil {
			path = "/pet/1"
		}
		path, _ = gatewright.CanonicalPath(path)
		want := live.find(host, path, method)
		var m Match[string]
		got := table.Find(host, path, method, nil, &m)
		if got != want.outcome || got == Found && m.Entry().Value() != want.value {
			t.Fatalf("%s %q%q: outcome %d %v, want %d %s", method, host, path, got, m.Entry(), want.outcome, want.value)
		}
	})
}
