package control_test

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// TestRouteConflicts: two slots never answer to the same requests, whichever
// change would make them.
func TestRouteConflicts(t *testing.T) {
	other := func(mutate func(*control.Item)) control.Request {
		req := publish("test", "1.0.0", "/pet/{name}")
		req.Items[0].API = "Other"
		if mutate != nil {
			mutate(&req.Items[0])
		}
		return req
	}
	host := func(hosts ...string) *control.RuntimePatch {
		p := nodes("127.0.0.1:7001")
		p.Hosts = &hosts
		return p
	}
	prefix := func(path string) *control.RuntimePatch {
		p := nodes("127.0.0.1:7001")
		p.PathPrefix = &path
		return p
	}
	tests := []struct {
		name string
		req  control.Request
		ok   bool
	}{
		{"another parameter name", other(nil), false},
		{"another method", other(func(i *control.Item) { i.Definition.Routes[0].Methods = []string{"DELETE"} }), true},
		{"another priority", other(func(i *control.Item) { i.Definition.Routes[0].Priority = 1 }), true},
		{"another host", other(func(i *control.Item) { i.Runtime = host("other.example") }), true},
		{"another prefix", other(func(i *control.Item) { i.Runtime = prefix("/other") }), true},
		{"another base path", other(func(i *control.Item) { i.Definition.BasePath = "/other" }), true},
		{"a longer template", other(func(i *control.Item) { i.Definition.Routes[0].Path = "/pet/{name}/photo" }), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.standard()
			w.live(publish("test", "1.0.0", "/pet/{id}"))
			if tt.ok {
				w.live(tt.req)
				return
			}
			w.refused(tt.req, gatewright.Conflict, "of Other@v1", "of Pets@v1", "GET /pet/{id}", "--path-prefix")
		})
	}
}

func TestEditsRunTheConflictCheck(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publish("test", "1.0.0", "/pet/{id}"))
	elsewhere := "/elsewhere"
	req := publish("test", "1.0.0", "/pet/{id}")
	req.Items[0].API = "Other"
	req.Items[0].Runtime.PathPrefix = &elsewhere
	req.Items[0].Runtime.Hosts = &[]string{"other.example"}
	w.live(req)

	none, noHosts := "", []string{}
	both := request(gatewright.ChangeConfigure, "test", control.Item{API: "Other", Runtime: &control.RuntimePatch{PathPrefix: &none, Hosts: &noHosts}})
	w.refused(both, gatewright.Conflict, "both answer to")
	w.live(request(gatewright.ChangeConfigure, "test", control.Item{API: "Other", Runtime: &control.RuntimePatch{PathPrefix: &none}}))
	w.refused(request(gatewright.ChangeConfigure, "test", control.Item{API: "Other", Runtime: &control.RuntimePatch{Hosts: &noHosts}}), gatewright.Conflict, "both answer to")

	// A rollback and a deploy meet the same check.
	w.live(publish("test", "1.1.0", "/moved"))
	w.live(request(gatewright.ChangeConfigure, "test", control.Item{API: "Other", Runtime: &control.RuntimePatch{Hosts: &noHosts}}))
	w.refused(request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}), gatewright.Conflict, "both answer to")
	deploy := request(gatewright.ChangeDeploy, "test", control.Item{API: "Pets", Revision: "1.0.0"})
	deploy.Override = true
	w.refused(deploy, gatewright.Conflict, "both answer to")
	// What is undeployed claims nothing any more.
	w.live(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Other"}))
	w.live(request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}))
}

func TestOverlaps(t *testing.T) {
	tests := []struct {
		name, path, method string
		warns              bool
	}{
		{"literal beside a parameter", "/pet/findByStatus", "GET", true},
		{"tail", "/*", "GET", true},
		{"another method", "/pet/findByStatus", "PUT", false},
		{"other literals", "/store/{id}", "GET", false},
		{"another length", "/pet/a/b", "GET", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.standard()
			w.live(publish("test", "1.0.0", "/pet/{id}"))
			req := publish("test", "1.0.0", tt.path)
			req.Items[0].API = "Other"
			req.Items[0].Definition.Routes[0].Methods = []string{tt.method}
			plan, err := w.c.Plan(w.ctx, req)
			w.must(err)
			warned := false
			for _, f := range plan.Findings {
				warned = warned || f.Level == gatewright.LevelWarning && strings.Contains(f.Message, "overlaps route")
			}
			if warned != tt.warns || plan.Blocked() {
				t.Errorf("warned %t, findings %+v", warned, plan.Findings)
			}
			w.live(req)
		})
	}
}
