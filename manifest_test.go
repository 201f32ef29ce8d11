package gatewright_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
)

func TestKeys(t *testing.T) {
	slot := gatewright.SlotKey{Group: "grp_1", API: "api_1", Track: "v2"}
	tests := []struct {
		name string
		key  gatewright.Key
		want gatewright.Key
		kind string
	}{
		{"slot", gatewright.SlotResourceKey(slot), "slot/api_1/v2", "slot"},
		{"revision", gatewright.RevisionKey("api_1", 12), "rev/api_1/12", "rev"},
		{"app", gatewright.AppKey("app_1"), "app/app_1", "app"},
		{"registry", gatewright.RegistryKey("local dns"), "registry/local dns", "registry"},
		{"no slash", "api", "api", "api"},
		{"empty", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.key != tt.want || tt.key.Kind() != tt.kind {
				t.Fatalf("got %q of kind %q, want %q of kind %q", tt.key, tt.key.Kind(), tt.want, tt.kind)
			}
		})
	}
}

func TestDeltaEmpty(t *testing.T) {
	tests := []struct {
		name  string
		delta gatewright.Delta
		want  bool
	}{
		{"nothing", gatewright.Delta{}, true},
		{"empty members", gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{}, Deletes: []gatewright.Key{}}, true},
		{"upsert", gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{"a": "b"}}, false},
		{"delete", gatewright.Delta{Deletes: []gatewright.Key{"a"}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.delta.Empty(); got != tt.want {
				t.Fatalf("got %t, want %t", got, tt.want)
			}
		})
	}
}

// TestResourceRoundTrip covers every member, those added later too.
func TestResourceRoundTrip(t *testing.T) {
	slot, revision, registry, app := filled[gatewright.SlotResource](), filled[gatewright.RevisionResource](), filled[gatewright.Registry](), filled[gatewright.AppResource]()
	tests := []struct {
		name string
		in   gatewright.Resource
	}{
		{"slot", gatewright.Resource{Format: gatewright.ResourceFormat, Slot: &slot}},
		{"revision", gatewright.Resource{Format: gatewright.ResourceFormat, Revision: &revision}},
		{"app", gatewright.Resource{Format: gatewright.ResourceFormat, App: &app}},
		{"registry", gatewright.Resource{Format: gatewright.ResourceFormat, Registry: &registry}},
		{"empty slot", gatewright.Resource{Format: gatewright.ResourceFormat, Slot: &gatewright.SlotResource{}}},
		{"empty revision", gatewright.Resource{Format: gatewright.ResourceFormat, Revision: &gatewright.RevisionResource{}}},
		{"empty app", gatewright.Resource{Format: gatewright.ResourceFormat, App: &gatewright.AppResource{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, hash, err := tt.in.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if hash != gatewright.HashBytes(b) || !hash.Valid() {
				t.Fatalf("hash %s is not that of the bytes", hash)
			}
			out, err := gatewright.DecodeResource(b, hash)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tt.in, out); diff != "" {
				t.Fatal(diff)
			}
			again, _, err := out.Encode()
			if err != nil || !bytes.Equal(again, b) {
				t.Fatalf("encoded again: %s (%v), want %s", again, err, b)
			}
		})
	}
}

func TestResourceHashTellsEverything(t *testing.T) {
	slot, revision, app := filled[gatewright.SlotResource](), filled[gatewright.RevisionResource](), filled[gatewright.AppResource]()
	r := gatewright.Resource{Format: gatewright.ResourceFormat, Slot: &slot, Revision: &revision, App: &app}
	seen := map[gatewright.Hash]string{}
	note := func(name string) {
		_, hash, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if other, dup := seen[hash]; dup {
			t.Errorf("altering %s gives the hash of altering %s", name, other)
		}
		seen[hash] = name
	}
	note("nothing")
	eachLeaf(reflect.ValueOf(&slot).Elem(), "slot", note)
	eachLeaf(reflect.ValueOf(&revision).Elem(), "revision", note)
	eachLeaf(reflect.ValueOf(&app).Elem(), "app", note)
}

func TestResourceEncodeSizeLimit(t *testing.T) {
	r := gatewright.Resource{Format: gatewright.ResourceFormat, Slot: &gatewright.SlotResource{}}
	b, _, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	r.Slot.Name = strings.Repeat("n", gatewright.MaxResourceBytes-len(b))
	b, hash, err := r.Encode()
	wantCode(t, err, "")
	if len(b) != gatewright.MaxResourceBytes {
		t.Fatalf("%d bytes, want %d", len(b), gatewright.MaxResourceBytes)
	}
	if _, err := gatewright.DecodeResource(b, hash); err != nil {
		t.Fatalf("the largest resource does not decode: %v", err)
	}
	r.Slot.Name += "n"
	b, hash, err = r.Encode()
	wantCode(t, err, gatewright.LimitExceeded)
	if b != nil || hash != "" {
		t.Fatal("bytes came with the error")
	}
}

func TestDecodeResourceRefuses(t *testing.T) {
	const registry = `"registry":{"name":"dns","type":"dns"}`
	tests := []struct {
		name string
		body string
		says []string // nil when it is to be accepted
	}{
		{"fine", `{"format":1,` + registry + `}`, nil},
		{"fine, with null beside it", `{"format":1,"slot":null,` + registry + `}`, nil},
		{"format of a later version", `{"format":2,` + registry + `}`, []string{"format 2", "reads 1 to 1", "neighbouring version"}},
		{"format of a later version with members not known here", `{"format":2,"policy":{}}`, []string{"format 2", "neighbouring version"}},
		{"format of an earlier version", `{"format":0,` + registry + `}`, []string{"format 0", "neighbouring version"}},
		{"no format", `{` + registry + `}`, []string{"format 0"}},
		{"negative format", `{"format":-1,` + registry + `}`, []string{"format -1"}},
		{"format that is text", `{"format":"1",` + registry + `}`, []string{"not JSON"}},
		{"unknown member", `{"format":1,"policy":{},` + registry + `}`, []string{"policy"}},
		{"unknown member within", `{"format":1,"registry":{"name":"dns","type":"dns","guard":true}}`, []string{"guard"}},
		{"unknown member deep within", `{"format":1,"slot":{"upstream":{"nodes":[{"tls":true}]}}}`, []string{"tls"}},
		{"wrong type", `{"format":1,"registry":{"name":1}}`, []string{"registry.name"}},
		{"bad duration", `{"format":1,"registry":{"stale":"soon"}}`, []string{"soon"}},
		{"nothing in it", `{"format":1}`, []string{"not exactly one"}},
		{"null in it", `{"format":1,"registry":null}`, []string{"not exactly one"}},
		{"two in it", `{"format":1,"slot":{},` + registry + `}`, []string{"not exactly one"}},
		{"text behind it", `{"format":1,` + registry + `} x`, []string{"not JSON"}},
		{"another one behind it", `{"format":1,` + registry + `}{"format":1}`, []string{"not JSON"}},
		{"cut off", `{"format":1,"registry":{"name":"dns"`, []string{"not JSON"}},
		{"empty", ``, []string{"not JSON"}},
		{"null", `null`, []string{"format 0"}},
		{"list", `[]`, []string{"not JSON"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := gatewright.DecodeResource([]byte(tt.body), gatewright.HashBytes([]byte(tt.body)))
			wantCode(t, err, accepted(tt.says == nil))
			if err != nil && r != nil {
				t.Fatal("a resource came with the error")
			}
			for _, want := range tt.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestDecodeResourceVerifiesTheHash(t *testing.T) {
	r := gatewright.Resource{Format: gatewright.ResourceFormat, Registry: &gatewright.Registry{Name: "dns", Type: gatewright.RegistryDNS}}
	b, hash, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		body []byte
		hash gatewright.Hash
	}{
		{"other bytes of the same meaning", append(bytes.Clone(b), ' '), hash},
		{"one bit turned", append(bytes.Clone(b[:len(b)-1]), b[len(b)-1]^1), hash},
		{"cut off", b[:len(b)-1], hash},
		{"no bytes", nil, hash},
		{"another hash", b, gatewright.HashBytes(nil)},
		{"no hash", b, ""},
		{"hash in upper case", b, gatewright.Hash(strings.ToUpper(string(hash)))},
		{"short form of the hash", b, gatewright.Hash(hash.Short())},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := gatewright.DecodeResource(tt.body, tt.hash)
			wantCode(t, err, gatewright.Invalid)
			if !strings.Contains(err.Error(), "has hash") {
				t.Fatalf("error %q does not speak of the hash", err)
			}
		})
	}
}

func FuzzDecodeResource(f *testing.F) {
	for _, s := range []string{`{"format":1,"registry":{"name":"dns","type":"dns","stale":"1m"}}`, `{"format":1,"revision":{"routes":[{"name":"a","path":"/"}]}}`, `{"format":2}`, `null`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := gatewright.DecodeResource(body, gatewright.HashBytes(body))
		if err != nil {
			return
		}
		b, hash, err := r.Encode()
		if err != nil {
			t.Fatalf("%q decodes but does not encode: %v", body, err)
		}
		again, err := gatewright.DecodeResource(b, hash)
		if err != nil || !reflect.DeepEqual(r, again) {
			t.Fatalf("%q decodes to %+v, encodes to %q, decodes to %+v (%v)", body, r, b, again, err)
		}
	})
}
