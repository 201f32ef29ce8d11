package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// documented is publish with the document that the definition comes from: one
// operation for each path, each with those response properties required.
func documented(group, version, base string, properties string, paths ...string) control.Request {
	req := publish(group, version, paths...)
	def := req.Items[0].Definition
	def.BasePath, def.Version = base, version
	var b strings.Builder
	fmt.Fprintf(&b, `{"swagger":"2.0","info":{"title":"Pets","version":%q},"host":"pets.example","basePath":%q,"paths":{`, version, base)
	for i, p := range paths {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `%q:{"get":{"operationId":"get %s","responses":{"200":{"description":"ok","schema":{"$ref":"#/definitions/Pet"}}}}}`, p, p)
	}
	names := strings.Fields(properties)
	fmt.Fprintf(&b, `},"definitions":{"Pet":{"type":"object","required":["%s"],"properties":{`, strings.Join(names, `","`))
	for i, n := range names {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `%q:{"type":"string"}`, n)
	}
	b.WriteString(`}}}}`)
	def.Document = gatewright.Document{Format: "openapi-2.0", Name: "pets.json", Text: []byte(b.String()), Digest: gatewright.HashBytes([]byte(b.String()))}
	return req
}

func findings(t *testing.T, w *world, req control.Request, check string) []gatewright.Finding {
	t.Helper()
	plan, err := w.c.Plan(w.ctx, req)
	w.must(err)
	var fs []gatewright.Finding
	for _, f := range plan.Findings {
		if f.Check == check {
			fs = append(fs, f)
		}
	}
	return fs
}

func TestCompatibilityGate(t *testing.T) {
	w := newWorld(t)
	w.standard()
	for _, group := range []string{"test", "production"} {
		w.live(documented(group, "1.0.0", "/", "id name", "/a", "/b"))
	}
	w.live(documented("test", "1.1.0", "/", "id name", "/a", "/b", "/c")) // an addition

	broken := func(group string) control.Request { return documented(group, "1.2.0", "/", "id", "/a", "/b") }
	fs := findings(t, w, broken("test"), "compatibility")
	if len(fs) < 2 {
		t.Fatalf("findings %+v", fs)
	}
	for _, f := range fs {
		if f.Level == gatewright.LevelError {
			t.Errorf("a test group refuses: %+v", f)
		}
	}
	err := w.refused(broken("production"), gatewright.PreconditionFailed, "response-required-property-removed", "2 places in 2 operations", "pets.json:1:")
	if !strings.Contains(err.Error(), "--allow-breaking") {
		t.Errorf("no way out is named: %v", err)
	}

	// A sync meets what runs in the target, whatever it was in the source.
	w.live(broken("test"))
	w.refused(request(gatewright.ChangeSync, "production", control.Item{API: "Pets", From: "test"}), gatewright.PreconditionFailed, "response-required-property-removed")

	allowed := broken("production")
	allowed.AllowBreaking = []control.Allowance{{Rule: "response-required-property-removed", Fingerprint: "0123456789abcdef01234567"}}
	w.refused(allowed, gatewright.Invalid, "--reason")
	_, err = w.c.Submit(w.ctx, admin, allowed, control.SubmitOptions{Reason: "nobody reads it"})
	code(t, err, gatewright.PreconditionFailed) // the fingerprint is another finding's
	allowed.AllowBreaking[0].Fingerprint = ""
	ch := w.live(allowed)
	if len(ch.Allowances) != 1 || len(ch.Allowances[0].Fingerprint) != 24 || ch.Allowances[0].Reason != "test" || ch.Allowances[0].By != "admin" {
		t.Errorf("the record of what was allowed: %+v", ch.Allowances)
	}
	again := documented("production", "1.3.0", "/", "id", "/a") // another breaking change
	again.AllowBreaking = allowed.AllowBreaking
	_, err = w.c.Submit(w.ctx, admin, again, control.SubmitOptions{Reason: "nobody reads it"})
	code(t, err, gatewright.PreconditionFailed)

	w.live(request(gatewright.ChangeRollback, "production", control.Item{API: "Pets"})) // back to what callers knew: never gated
}

func TestCompatibilityOfANewTrack(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(documented("production", "1.0.0", "/v1", "id name", "/a", "/b"))
	req := documented("production", "2.0.0", "/v2", "id", "/a")
	fs := findings(t, w, req, "compatibility")
	if len(fs) == 0 {
		t.Fatal("what changes against the track before is not told")
	}
	for _, f := range fs {
		if f.Level != gatewright.LevelInfo {
			t.Errorf("a new track breaks nobody: %+v", f)
		}
	}
	w.live(req)
	if n := len(w.all("production")); n != 2 {
		t.Errorf("%d deployments", n)
	}
}

func TestCompatibilityModes(t *testing.T) {
	tests := []struct {
		mode gatewright.CompatibilityMode
		want gatewright.Level // of the worst finding
	}{
		{gatewright.CompatibilityOff, ""},
		{gatewright.CompatibilityWarn, gatewright.LevelWarning},
		{gatewright.CompatibilityEnforce, gatewright.LevelError},
	}
	for _, tt := range tests {
		t.Run(string(tt.mode), func(t *testing.T) {
			w := newWorld(t)
			w.standard()
			w.live(documented("production", "1.0.0", "/", "id", "/a", "/b"))
			w.set("production", gatewright.GroupSettings{Compatibility: tt.mode})
			worst := gatewright.Level("")
			for _, f := range findings(t, w, documented("production", "1.1.0", "/", "id", "/a"), "compatibility") {
				if f.Level == gatewright.LevelError || worst == "" {
					worst = f.Level
				}
			}
			if worst != tt.want {
				t.Errorf("worst finding %q, want %q", worst, tt.want)
			}
		})
	}
}

func TestCompatibilityOfAnUnreadableDocument(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(documented("production", "1.0.0", "/", "id", "/a"))
	req := documented("production", "1.1.0", "/", "id", "/a", "/b")
	req.Items[0].Definition.Document.Text = []byte("}{")
	if fs := findings(t, w, req, "compatibility"); len(fs) != 1 || fs[0].Level != gatewright.LevelError || fs[0].Rule != "compatibility-unknown" {
		t.Errorf("findings %+v", fs)
	}
}
