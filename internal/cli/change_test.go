package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

// theTime is now, in tests.
func theTime() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// runCLI runs the command line in this process.
func runCLI(ctx context.Context, server string, args ...string) (code int, stdout, stderr string) {
	var out, errOut bytes.Buffer
	code = Run(ctx, Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errOut,
		Getenv: func(name string) string {
			return map[string]string{"GATEWRIGHT_SERVER": server, "GATEWRIGHT_TOKEN": "gwa_test"}[name]
		},
		UserConfigDir: func() (string, error) { return "", errors.New("none") },
		Now:           theTime,
	}, args)
	return code, out.String(), errOut.String()
}

// plane answers as a control plane in states that none can be brought to yet,
// such as waiting for approval.
type plane struct {
	plan   gatewright.Plan
	states []gatewright.Change // the change, each time it is asked for; the last one for ever
	asked  int
	submit func(http.ResponseWriter, *http.Request) // nil answers with the first state
}

func (p *plane) serve(t *testing.T) string {
	t.Helper()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Errorf("encode: %v", err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/plans", func(w http.ResponseWriter, _ *http.Request) { answer(w, p.plan) })
	mux.HandleFunc("POST /api/v1/changes", func(w http.ResponseWriter, r *http.Request) {
		if p.submit != nil {
			p.submit(w, r)
			return
		}
		answer(w, client.Submission{Plan: &p.plan, Change: &p.states[0]})
	})
	mux.HandleFunc("GET /api/v1/changes/{id}", func(w http.ResponseWriter, r *http.Request) {
		p.asked = min(p.asked+1, len(p.states)-1)
		if p.asked == len(p.states)-1 && !p.states[p.asked].State.Settled() && r.URL.Query().Has("wait") {
			<-r.Context().Done()
			return
		}
		w.Header().Set("ETag", `"`+string(rune('a'+p.asked))+`"`)
		answer(w, p.states[p.asked])
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func aPlan() gatewright.Plan {
	return gatewright.Plan{
		Hash: "sha256:0", Kind: gatewright.ChangeSync, Group: "生产网关组",
		Items:     []gatewright.PlanItem{{Subject: "Pets", Track: "v1", Action: "create", To: "1.0.0", Lines: []string{"+ base path /, 1 routes"}}},
		Instances: []gatewright.PlanTarget{{Name: "gw-1", Health: gatewright.Healthy}},
	}
}

func aChange(state gatewright.ChangeState, outcomes ...gatewright.InstanceOutcome) gatewright.Change {
	return gatewright.Change{
		ID: "chg_1", GroupName: "生产网关组", Kind: gatewright.ChangeSync, State: state, Outcomes: outcomes,
		Items: []gatewright.ChangeItem{{Slot: &gatewright.SlotChange{
			APIName: "Pets", Track: "v1", After: &gatewright.SlotContent{Version: "1.0.0", Runtime: gatewright.RuntimeConfig{Enabled: true}},
		}}},
	}
}

func waitsForApproval() gatewright.Change {
	ch := aChange(gatewright.ChangePendingApproval)
	ch.Approval = &gatewright.Approval{Needed: 2, Role: "approver", Decisions: []gatewright.Decision{{By: "somebody", Approve: true}}}
	return ch
}

func waitsForItsTime() gatewright.Change {
	ch := aChange(gatewright.ChangeScheduled)
	ch.CreatedAt, ch.NotBefore = theTime(), theTime().Add(2*time.Hour)
	return ch
}

func said(name string, state gatewright.OutcomeState, reason string) gatewright.InstanceOutcome {
	return gatewright.InstanceOutcome{Instance: gatewright.InstanceID("ins_" + name), Name: name, State: state, Reason: reason}
}

const planText = `sync in group 生产网关组
+ Pets@v1: 1.0.0
    + base path /, 1 routes
  gateways: gw-1 (healthy)
change chg_1
`

func TestFollowChange(t *testing.T) {
	failed := aChange(gatewright.ChangeFailed, said("gw-1", gatewright.OutcomePrepared, ""), said("gw-2", gatewright.OutcomeRejected, "no\x1b[2J way"))
	failed.Error = &gatewright.Error{
		Code: gatewright.PreconditionFailed, Message: "1 of 2 instances rejected it; nothing of it served",
		Details: []gatewright.Detail{{Subject: "gw-2", Message: "no\x1b[2J way"}},
	}
	tests := []struct {
		name           string
		states         []gatewright.Change
		code           int
		stdout, stderr string
	}{
		{
			"live",
			[]gatewright.Change{
				aChange(gatewright.ChangePreparing, said("gw-1", gatewright.OutcomePending, "")),
				aChange(gatewright.ChangePreparing, said("gw-1", gatewright.OutcomePrepared, "")),
				aChange(gatewright.ChangeActivating, said("gw-1", gatewright.OutcomePending, "")),
				aChange(gatewright.ChangeLive, said("gw-1", gatewright.OutcomeApplied, "")),
			},
			exitDone,
			"done: Pets 1.0.0 is live in 生产网关组\n",
			planText + "preparing\n  gw-1: pending\n  gw-1: prepared\nactivating\n  gw-1: applied\n",
		},
		{
			"steps missed",
			[]gatewright.Change{
				aChange(gatewright.ChangeScheduled),
				aChange(gatewright.ChangeActivating, said("gw-1", gatewright.OutcomePrepared, ""), said("gw-2", gatewright.OutcomeApplied, "")),
				aChange(gatewright.ChangeLive, said("gw-1", gatewright.OutcomeApplied, ""), said("gw-2", gatewright.OutcomeApplied, "")),
			},
			exitDone,
			"done: Pets 1.0.0 is live in 生产网关组\n",
			planText + "scheduled\n  gw-1: prepared\nactivating\n  gw-2: applied\n  gw-1: applied\n",
		},
		{
			"failed",
			[]gatewright.Change{aChange(gatewright.ChangePreparing), failed},
			exitFailed,
			"",
			planText + "preparing\n  gw-1: prepared\n  gw-2: rejected: no\\x1b[2J way\n" +
				"error: change chg_1 is failed: 1 of 2 instances rejected it; nothing of it served\n  gw-2: no\\x1b[2J way\n",
		},
		{
			"superseded",
			[]gatewright.Change{aChange(gatewright.ChangePreparing), aChange(gatewright.ChangeSuperseded)},
			exitFailed,
			"",
			planText + "preparing\nerror: change chg_1 is superseded\n",
		},
		{
			"waits for approval",
			[]gatewright.Change{waitsForApproval()},
			exitDone,
			"waiting for approval: chg_1 needs 1 more with the role approver; go on with: gatewright approve chg_1\n",
			strings.TrimSuffix(planText, "change chg_1\n"),
		},
		{
			"waits for its time",
			[]gatewright.Change{waitsForItsTime()},
			exitDone,
			"waiting until 2026-01-02 05:04:05Z: chg_1; withdraw it with: gatewright cancel chg_1\n",
			strings.TrimSuffix(planText, "change chg_1\n"),
		},
		{
			"waits for changes before it only",
			[]gatewright.Change{aChange(gatewright.ChangeScheduled), aChange(gatewright.ChangeLive, said("gw-1", gatewright.OutcomeApplied, ""))},
			exitDone,
			"done: Pets 1.0.0 is live in 生产网关组\n",
			planText + "scheduled\n  gw-1: applied\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &plane{plan: aPlan(), states: tt.states}
			code, stdout, stderr := runCLI(t.Context(), p.serve(t), "sync", "Pets", "--from", "test", "--to", "生产网关组")
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if diff := cmp.Diff(tt.stdout, stdout); diff != "" {
				t.Errorf("stdout: %s", diff)
			}
			if diff := cmp.Diff(tt.stderr, stderr); diff != "" {
				t.Errorf("stderr: %s", diff)
			}
		})
	}
}

func TestApprovalForPrograms(t *testing.T) {
	p := &plane{plan: aPlan(), states: []gatewright.Change{waitsForApproval()}}
	code, stdout, stderr := runCLI(t.Context(), p.serve(t), "sync", "Pets", "--from", "test", "--to", "production", "-o", "json")
	if code != exitDone || stderr != "" || !strings.Contains(stdout, `"state": "pending-approval"`) {
		t.Errorf("%d %s %s", code, stdout, stderr)
	}
}

// TestWaitOutlastsApproval gives --wait a change that is approved, and one
// that is rejected.
func TestWaitOutlastsApproval(t *testing.T) {
	rejected := aChange(gatewright.ChangeRejected)
	rejected.Error = gatewright.Errorf(gatewright.Forbidden, "rejected by somebody: no")
	tests := []struct {
		name   string
		last   gatewright.Change
		code   int
		stdout string
	}{
		{"approved", aChange(gatewright.ChangeLive, said("gw-1", gatewright.OutcomeApplied, "")), exitDone, "done: Pets 1.0.0 is live in 生产网关组\n"},
		{"rejected", rejected, exitFailed, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &plane{plan: aPlan(), states: []gatewright.Change{waitsForApproval(), waitsForApproval(), aChange(gatewright.ChangePreparing), tt.last}}
			code, stdout, stderr := runCLI(t.Context(), p.serve(t), "sync", "Pets", "--from", "test", "--to", "production", "--wait")
			if code != tt.code || stdout != tt.stdout || !strings.Contains(stderr, "waiting for approval: chg_1 needs 1 more") {
				t.Errorf("%d %q %s", code, stdout, stderr)
			}
		})
	}
}

func TestInterruptedWaitSaysHowToGoOn(t *testing.T) {
	p := &plane{plan: aPlan(), states: []gatewright.Change{aChange(gatewright.ChangePreparing)}}
	ctx, cancel := context.WithCancel(t.Context())
	p.submit = func(w http.ResponseWriter, _ *http.Request) {
		defer cancel()
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(client.Submission{Plan: &p.plan, Change: &p.states[0]}); err != nil {
			t.Error(err)
		}
	}
	code, _, stderr := runCLI(ctx, p.serve(t), "sync", "Pets", "--from", "test", "--to", "production")
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	// The context may end before the answer is read; then nothing is known of
	// the change.
	if !strings.Contains(stderr, "change chg_1 goes on, follow it with: gatewright get changes chg_1") && !strings.Contains(stderr, "interrupted") {
		t.Errorf("stderr %s", stderr)
	}
}

// TestSubmitIsSafeToRepeat breaks the connection under the first submission:
// the second one must carry the same key.
func TestSubmitIsSafeToRepeat(t *testing.T) {
	p := &plane{plan: aPlan(), states: []gatewright.Change{aChange(gatewright.ChangeLive)}}
	var keys []string
	p.submit = func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if len(keys) == 1 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(client.Submission{Plan: &p.plan, Change: &p.states[0]}); err != nil {
			t.Error(err)
		}
	}
	code, _, stderr := runCLI(t.Context(), p.serve(t), "sync", "Pets", "--from", "test", "--to", "production")
	if code != exitDone {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if len(keys) != 2 || keys[0] == "" || keys[0] != keys[1] {
		t.Errorf("keys %q", keys)
	}
}

func TestRuntimeFlags(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string // of the JSON that is sent
	}{
		{"nodes", []string{"--node", "127.0.0.1:1@3", "--node", "[::1]:2"}, `{"nodes":["127.0.0.1:1@3","[::1]:2"]}`},
		{"discovery", []string{"--discovery", "r/n/s/x:80"}, `{"discovery":"r/n/s/x:80"}`},
		{"upstream host", []string{"--upstream-host", "pets.example"}, `{"hostHeader":"fixed","upstreamHost":"pets.example"}`},
		{"no upstream host", []string{"--upstream-host", ""}, `{"hostHeader":"","upstreamHost":""}`},
		{"preserve host", []string{"--preserve-host"}, `{"hostHeader":"client","upstreamHost":""}`},
		{"timeouts", []string{"--timeout", "connect=1s,read=2m"}, `{"timeouts":{"connect":"1s","read":"2m0s"}}`},
		{"hosts", []string{"--host", "a.example", "--host", "*.b.example"}, `{"hosts":["a.example","*.b.example"]}`},
		{"no hosts", []string{"--host", ""}, `{"hosts":[]}`},
		{"prefix", []string{"--path-prefix", "/p", "--keep-path-prefix"}, `{"pathPrefix":"/p","keepPathPrefix":true}`},
		{"no prefix", []string{"--path-prefix", ""}, `{"pathPrefix":""}`},
		{"scheme", []string{"--scheme", "https"}, `{"scheme":"https"}`},
		{"apps only", []string{"--access", "app"}, `{"access":{"mode":"app"}}`},
		{"apps by another header", []string{"--access", "app", "--key-header", "X-Key", "--key-query", "key"}, `{"access":{"mode":"app","header":"X-Key","query":"key"}}`},
		{"anybody", []string{"--access", "open"}, `{"access":{}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sent := sentItem(t, append([]string{"configure", "Pets", "--group", "test", "--dry-run"}, tt.args...)...)
			if string(sent["runtime"]) != tt.want {
				t.Errorf("sent %s, want %s", sent["runtime"], tt.want)
			}
		})
	}
}

// sentItem runs a dry run and returns the one item that was sent for its plan.
func sentItem(t *testing.T, args ...string) map[string]json.RawMessage {
	t.Helper()
	var sent struct{ Items []map[string]json.RawMessage }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(aPlan()); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	if code, _, stderr := runCLI(t.Context(), server.URL, args...); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if len(sent.Items) != 1 {
		t.Fatalf("%d items were sent", len(sent.Items))
	}
	return sent.Items[0]
}

// TestChangeFlags checks what the flags that every change has send.
func TestChangeFlags(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want map[string]string
	}{
		{"none", nil, map[string]string{}},
		{"times", []string{"--at", "2h", "--expires", "2026-02-01"}, map[string]string{"notBefore": `"2026-01-02T05:04:05Z"`, "expiresAt": `"2026-02-01T00:00:00Z"`}},
		{"people", []string{"--notify", "ann", "--notify", "bob, of sales"}, map[string]string{"notify": `["ann","bob, of sales"]`}},
		{"rights", []string{"--abort-canary", "--break-freeze", "--allow-no-instance"}, map[string]string{"abortCanary": "true", "breakFreeze": "true", "allowNoInstance": "true"}},
		{"allowances", []string{"--allow-breaking", "path-removed", "--allow-breaking", "enum-narrowed@abc", "--reason", "agreed"},
			map[string]string{"allowBreaking": `[{"rule":"path-removed"},{"rule":"enum-narrowed","fingerprint":"abc"}]`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var sent map[string]json.RawMessage
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
					t.Error(err)
				}
				w.Header().Set("Content-Type", "application/json")
				if err := json.NewEncoder(w).Encode(aPlan()); err != nil {
					t.Error(err)
				}
			}))
			defer server.Close()
			args := append([]string{"enable", "Pets", "--group", "test", "--dry-run"}, tt.args...)
			if code, _, stderr := runCLI(t.Context(), server.URL, args...); code != exitDone {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			got := map[string]string{}
			for name, value := range sent {
				if name != "kind" && name != "group" && name != "items" {
					got[name] = string(value)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDocumentLimit(t *testing.T) {
	name := t.TempDir() + "/big.yaml"
	if err := os.WriteFile(name, bytes.Repeat([]byte("#"), gatewright.MaxDocumentBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := runCLI(t.Context(), "http://127.0.0.1:1", "publish", name, "--group", "test")
	if code != exitFailed || !strings.Contains(stderr, "the most a definition may have") {
		t.Errorf("%d %s", code, stderr)
	}
}

func TestMarshal(t *testing.T) {
	v := map[string]any{
		"text": "a <b> & \u0085 \x7f 宠物", "number": "1.0", "bool": "true", "null": nil, "empty": []string{}, "lines": "a\nb",
		"nested": map[string]any{"list": []any{1, "2", map[string]int{"x": 1}}},
	}
	tests := []struct {
		name   string
		format outputFormat
		want   string
	}{
		{"json", formatJSON, "{\n  \"bool\": \"true\",\n  \"empty\": [],\n  \"lines\": \"a\\nb\",\n  \"nested\": {\n    \"list\": [\n      1,\n      \"2\",\n      {\n        \"x\": 1\n      }\n    ]\n  },\n  \"null\": null,\n  \"number\": \"1.0\",\n  \"text\": \"a <b> & \u0085 \x7f 宠物\"\n}\n"},
		{"yaml", formatYAML, "bool: \"true\"\nempty: []\nlines: |-\n  a\n  b\nnested:\n  list:\n    - 1\n    - \"2\"\n    - x: 1\n\"null\": null\nnumber: \"1.0\"\ntext: \"a <b> & \\N \\x7F 宠物\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := marshal(tt.format, v)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
