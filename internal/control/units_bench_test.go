package control_test

import (
	"fmt"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// BenchmarkUnits disables and enables one API in a group of 10,000: planned,
// which counts what runs, and submitted, which does not.
func BenchmarkUnits(b *testing.B) {
	w := newWorld(b)
	g := w.group("test", gatewright.StageTest)
	const apis = 10_000
	for from := 0; from < apis; from += 500 {
		req := control.Request{Kind: gatewright.ChangePublish, Group: "test", AllowNoInstance: true}
		for i := from; i < from+500; i++ {
			name := fmt.Sprintf("Api%d", i)
			req.Items = append(req.Items, control.Item{API: name, Version: "1.0.0", Definition: definition(name, "1.0.0", "/"+name, "/a"), Runtime: nodes("127.0.0.1:7001")})
		}
		_, err := w.c.Submit(w.ctx, admin, req, control.SubmitOptions{})
		w.must(err)
		_, err = w.c.Advance(w.ctx, g.ID)
		w.must(err)
	}
	ch := control.Request{Kind: gatewright.ChangeDisable, Group: "test", AllowNoInstance: true, Items: []control.Item{{API: "Api7"}}}
	b.Run("plan", func(b *testing.B) {
		for b.Loop() {
			_, err := w.c.Plan(w.ctx, ch)
			w.must(err)
		}
	})
	b.Run("submit", func(b *testing.B) {
		for b.Loop() {
			ch.Kind = map[gatewright.ChangeKind]gatewright.ChangeKind{
				gatewright.ChangeDisable: gatewright.ChangeEnable, gatewright.ChangeEnable: gatewright.ChangeDisable,
			}[ch.Kind]
			_, err := w.c.Submit(w.ctx, admin, ch, control.SubmitOptions{})
			w.must(err)
			_, err = w.c.Advance(w.ctx, g.ID)
			w.must(err)
		}
	})
}
