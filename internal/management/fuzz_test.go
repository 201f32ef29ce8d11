package management

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// FuzzBody reads bodies: whatever is refused is refused as invalid, whatever
// is accepted is JSON of bounded depth and means the same when written again.
func FuzzBody(f *testing.F) {
	for _, s := range []string{
		`{"kind":"publish","group":"g","items":[{"document":{"text":"x"},"runtime":{"nodes":["a:1@2",{"host":"b","port":2}],"timeouts":{"read":"1s"}}}]}`,
		`{"kind":"configure","group":"g","items":[{"resource":{"registry":{"name":"n","type":"dns","stale":"1m"}}}]}`,
		`{"kind":"canary-start","items":[{"canary":{"percent":10,"match":[{"source":"app","values":["\ud83d\ude00"]}],"steps":[{"percent":20,"hold":"1h"}]}}]}`,
		`{"Kind":"sync","kind":"sync"}`, `{"group":"\ud800"}`,
		`{"items":[{"runtime":{"discovery":"a/b/c","hosts":[]}}]}`, `[`, `{"a":"\"[[["}`, `null`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := (&jsonBody[wire.ChangeRequest]{RawBody: b}).decode()
		if err != nil {
			if gatewright.CodeOf(err) != gatewright.Invalid {
				t.Fatalf("error = %#v", err)
			}
			return
		}
		if !json.Valid(b) || !utf8.Valid(b) {
			t.Fatalf("%q was accepted", b)
		}
		once, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := (&jsonBody[wire.ChangeRequest]{RawBody: once}).decode()
		if err != nil {
			t.Fatalf("%s of %s: %v", once, b, err)
		}
		if twice, err := json.Marshal(again); err != nil || string(twice) != string(once) {
			t.Fatalf("%s became %s (%v)", once, twice, err)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("apis:x")
	f.Add("audit:9")
	f.Fuzz(func(t *testing.T, key string) {
		raw := PageInput{Cursor: key}
		if got, err := raw.after("apis"); err == nil && key != "" && got == "" {
			t.Fatalf("cursor %q begins the list anew", key)
		}
		if n, err := raw.afterNumber("audit"); err == nil && key != "" && n < 1 {
			t.Fatalf("cursor %q begins the list anew", key)
		}
		if key == "" {
			return
		}
		made := PageInput{Cursor: encodeCursor("apis", key)}
		if got, err := made.after("apis"); err != nil || got != key {
			t.Fatalf("key %q became %q (%v)", key, got, err)
		}
	})
}
