package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func withDocument(version, text string, paths ...string) control.Request {
	req := publish("test", version, paths...)
	req.Items[0].Definition.Document.Text = []byte(text)
	req.Items[0].Definition.Document.Digest = gatewright.HashBytes([]byte(text))
	return req
}

func TestCompare(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(withDocument("1.0.0", "a: 1\nb: [1, {c: x}]\n\"d/e\": no\n", "/a", "/b"))
	w.live(request(gatewright.ChangeSync, "production", control.Item{API: "Pets", From: "test", Runtime: nodes("127.0.0.1:9")}))
	w.live(withDocument("1.1.0", `{"a": 2, "b": [1, {"c": "x"}, 3], "f": null}`, "/a", "/c"))

	got, err := w.c.Compare(w.ctx, "Pets", "production", "test")
	w.must(err)
	want := &control.Comparison{
		API: "Pets", From: got.From, To: got.To,
		Definition: []control.Difference{{Pointer: "/version", Old: `"1.0.0"`, New: `"1.1.0"`}},
		Routes:     []string{"- GET /b", "+ GET /c"},
		Document:   []control.Difference{{Pointer: "/a", Old: "1", New: "2"}, {Pointer: "/b/2", New: "3"}, {Pointer: "/d~1e", Old: `"no"`}, {Pointer: "/f", New: "null"}},
		Runtime:    []control.Difference{{Pointer: "/upstream/nodes/0/port", Old: "9", New: "7001"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.From.Group != "production" || got.From.Version != "1.0.0" || got.To.Number != 2 {
		t.Errorf("%+v %+v", got.From, got.To)
	}
	for _, sides := range [][2]string{{"1", "1.0.0"}, {"group:test", "1.1.0"}, {"2", "test"}} {
		same, err := w.c.Compare(w.ctx, "Pets@v1", sides[0], sides[1])
		w.must(err)
		if !same.Same() {
			t.Errorf("%v: %+v", sides, same)
		}
	}
	for _, bad := range []struct{ from, to, words string }{
		{"", "1", "needs two sides"}, {"9.9", "1", `no version or revision "9.9", and there is no group`}, {"1", "group:1.0.0", "there is no group"},
	} {
		if _, err := w.c.Compare(w.ctx, "Pets", bad.from, bad.to); err == nil || !strings.Contains(err.Error(), bad.words) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestCompareLimits(t *testing.T) {
	w := newWorld(t)
	w.standard()
	var a, b strings.Builder
	for i := range control.MaxDifferences + 1 {
		fmt.Fprintf(&a, "k%d: %d\n", i, i)
		fmt.Fprintf(&b, "k%d: %q\n", i, strings.Repeat("长", control.MaxDifferenceBytes))
	}
	w.live(withDocument("1.0.0", a.String(), "/a"))
	w.live(withDocument("1.1.0", b.String(), "/a"))
	w.live(withDocument("1.2.0", "\x00", "/a"))
	got, err := w.c.Compare(w.ctx, "Pets", "1.0.0", "1.1.0")
	w.must(err)
	if !got.More || len(got.Document) != control.MaxDifferences || len(got.Document[0].New) > control.MaxDifferenceBytes+3 {
		t.Errorf("%d differences, more %v", len(got.Document), got.More)
	}
	if got, err = w.c.Compare(w.ctx, "Pets", "1.0.0", "1.2.0"); err != nil || got.Opaque == "" || got.Same() {
		t.Errorf("%+v %v", got, err)
	}
}
