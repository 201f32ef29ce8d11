package gatewright_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestAppValidate(t *testing.T) {
	key := func(name string) gatewright.Credential {
		return gatewright.Credential{Name: name, Hash: gatewright.HashBytes([]byte(name))}
	}
	grant := func(api string) gatewright.Grant {
		return gatewright.Grant{API: gatewright.APIID(api), Clearance: gatewright.SecurityPublic}
	}
	tests := []struct {
		name  string
		alter func(*gatewright.App)
		says  string // "" when it is to be accepted
	}{
		{"plain", func(*gatewright.App) {}, ""},
		{"Arabic name", func(a *gatewright.App) { a.Name = "فاتورة" }, ""},
		{"name with a line break", func(a *gatewright.App) { a.Name = "a\nb" }, "app name"},
		{"keys", func(a *gatewright.App) { a.Credentials = []gatewright.Credential{key("a"), key("b")} }, ""},
		{"two keys of one name", func(a *gatewright.App) { a.Credentials = []gatewright.Credential{key("a"), key("A")} }, "already"},
		{"key without a hash", func(a *gatewright.App) { a.Credentials = []gatewright.Credential{{Name: "a"}} }, "no hash"},
		{"key that is never good", func(a *gatewright.App) {
			k := key("a")
			k.NotBefore, k.ExpiresAt = noon, noon
			a.Credentials = []gatewright.Credential{k}
		}, "before it is good"},
		{"too many keys", func(a *gatewright.App) {
			for i := range gatewright.MaxCredentials + 1 {
				a.Credentials = append(a.Credentials, key(fmt.Sprint(i)))
			}
		}, "at most"},
		{"grants", func(a *gatewright.App) { a.Grants = []gatewright.Grant{grant("api_1"), grant("api_2")} }, ""},
		{"one API twice", func(a *gatewright.App) { a.Grants = []gatewright.Grant{grant("api_1"), grant("api_1")} }, "twice"},
		{"unknown clearance", func(a *gatewright.App) {
			a.Grants = []gatewright.Grant{{API: "api_1", Clearance: "L5"}}
		}, "L4 (confidential)"},
		{"negative limit", func(a *gatewright.App) {
			g := grant("api_1")
			g.QPS = -1
			a.Grants = []gatewright.Grant{g}
		}, "requests per second"},
		{"too many grants", func(a *gatewright.App) {
			for i := range gatewright.MaxGrants + 1 {
				a.Grants = append(a.Grants, grant(fmt.Sprint(i)))
			}
		}, "at most"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := gatewright.App{ID: "app_1", Name: "billing"}
			tt.alter(&a)
			err := (&gatewright.GroupResource{App: &a}).Validate()
			if (err != nil) != (tt.says != "") {
				t.Fatalf("error %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %q does not say %q", err, tt.says)
			}
		})
	}
}

func TestSecurityLevelCovers(t *testing.T) {
	tests := []struct {
		clearance, data gatewright.SecurityLevel
		want            bool
	}{
		{"", "", true},
		{"", gatewright.SecurityPublic, true},
		{gatewright.SecurityPublic, "", true},
		{"", gatewright.SecurityInternal, false},
		{gatewright.SecurityInternal, gatewright.SecurityInternal, true},
		{gatewright.SecuritySecret, gatewright.SecurityConfidential, false},
		{gatewright.SecurityConfidential, gatewright.SecuritySecret, true},
	}
	for _, tt := range tests {
		if got := tt.clearance.Covers(tt.data); got != tt.want {
			t.Errorf("%q covers %q: %t, want %t", tt.clearance, tt.data, got, tt.want)
		}
	}
}

func TestGroupResourceIsOneThing(t *testing.T) {
	for _, r := range []gatewright.GroupResource{
		{},
		{App: &gatewright.App{Name: "a"}, Registry: &gatewright.Registry{Name: "b", Type: gatewright.RegistryDNS}},
	} {
		if err := r.Validate(); gatewright.CodeOf(err) != gatewright.Invalid || r.Key() != "" || r.Title() != "" {
			t.Errorf("%+v: key %q, %v", r, r.Key(), err)
		}
	}
	r := gatewright.GroupResource{Registry: &gatewright.Registry{Name: "dns", Type: gatewright.RegistryDNS}}
	if r.Key() != "registry/dns" || r.Title() != "registry dns" {
		t.Errorf("key %q, title %q", r.Key(), r.Title())
	}
}
