package management

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

func TestStrictBodies(t *testing.T) {
	const twice = "twice"
	const unknown = "unknown member"
	const half = "half of a surrogate pair"
	tests := []struct {
		name, body string
		says       string // "" when it is accepted
		field      string
	}{
		{"plain", `{"kind":"publish","group":"g","items":[{"api":"x"}],"override":false}`, "", ""},
		{"space everywhere", " {\n\"kind\" :\t\"sync\" , \"items\" : [ { } , { \"api\" : \"x\" } ] }\r\n", "", ""},
		{"empty", `{}`, "", ""},
		{"null", `null`, "", ""},
		{"members of embedded structs", `{"kind":"sync","planHash":"","items":[{"runtime":{"nodes":["a:1"],"hosts":[]}}]}`, "", ""},
		{"object form of a node", `{"items":[{"runtime":{"nodes":[{"host":"a","port":1,"weight":2}]}}]}`, "", ""},
		{"object form of discovery", `{"items":[{"runtime":{"discovery":{"registry":"a","namespace":"b","service":"c"}}}]}`, "", ""},
		{"whole surrogate pair", `{"group":"\ud83d\ude00"}`, "", ""},
		{"escaped backslash before u", `{"group":"\\ud800"}`, "", ""},
		{"the character after the surrogates", `{"group":"\ue000\ud7ff"}`, "", ""},

		{"another case", `{"Kind":"sync"}`, unknown, "/Kind"},
		{"another case deep", `{"items":[{},{"runtime":{"Hosts":[]}}]}`, unknown, "/items/1/runtime/Hosts"},
		{"another case in a node", `{"items":[{"runtime":{"nodes":[{"Host":"a","port":1}]}}]}`, unknown, "/items/0/runtime/nodes/0/Host"},
		{"another case in discovery", `{"items":[{"runtime":{"discovery":{"Registry":"a","namespace":"b","service":"c"}}}]}`, unknown, "/items/0/runtime/discovery/Registry"},
		{"another case by an escape", `{"\u004bind":"sync"}`, unknown, "/Kind"},
		{"a letter that folds to k", `{"` + "\u212a" + `ind":"sync"}`, unknown, "/\u212aind"},
		{"Go's name of an embedded struct", `{"PlanRequest":{}}`, unknown, "PlanRequest"},
		{"twice", `{"kind":"sync","kind":"publish"}`, twice, "/kind"},
		{"twice, once escaped", `{"kind":"sync","\u006bind":"sync"}`, twice, "/kind"},
		{"twice deep", `{"items":[{"api":"x","api":"y"}]}`, twice, "/items/0/api"},
		{"lone high surrogate", `{"group":"\ud800"}`, half, "/group"},
		{"lone low surrogate", `{"group":"a\udc00b"}`, half, "/group"},
		{"high and high", `{"group":"\ud83d\ud83d\ude00"}`, half, "/group"},
		{"high and a letter", `{"group":"\ud83dx"}`, half, "/group"},
		{"high and another escape", `{"group":"\ud83d\n"}`, half, "/group"},
		{"high at the end of an item", `{"items":[{"api":"\uD83D"}]}`, half, "/items/0/api"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := (&jsonBody[wire.ChangeRequest]{RawBody: []byte(test.body)}).decode()
			if test.says == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			e := gatewright.AsError(err)
			if err == nil || e.Code != gatewright.Invalid || !strings.Contains(e.Message, test.says) || e.Field != test.field {
				t.Errorf("error = %+v, want %q at %s", err, test.says, test.field)
			}
		})
	}
}

// TestStrictMaps tells the keys of a map, which are the caller's own, from
// members.
func TestStrictMaps(t *testing.T) {
	tests := []struct {
		name, body string
		says       string
	}{
		{"keys that differ in case", `{"labels":{"a":"1","A":"2"},"settings":{}}`, ""},
		{"key twice", `{"labels":{"a":"1","a":"2"},"settings":{}}`, "twice"},
		{"setting in another case", `{"labels":{},"settings":{"Locations":["eu"]}}`, "unknown member"},
		{"freeze window's time in another case", `{"labels":{},"settings":{"freezes":[{"name":"x","From":"2026-01-01T00:00:00Z","until":"2026-01-01T00:00:00Z"}]}}`, "unknown member"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := (&jsonBody[wire.GroupUpdate]{RawBody: []byte(test.body)}).decode()
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("error = %v, want %q", err, test.says)
			}
		})
	}
}
