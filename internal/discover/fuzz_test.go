package discover

import (
	"strings"
	"testing"
)

// FuzzParseService checks that what is accepted can be looked up: a name or a
// usable address, and a port unless SRV records give it.
func FuzzParseService(f *testing.F) {
	for _, s := range []string{"pets.example:80", "_http._tcp.pets.example", "[::1]:80", "127.0.0.1:80", "[::1%eth0]:80", "[pets]:80", "pets.:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		svc, err := parseService(s)
		if err != nil {
			return
		}
		if svc.addr.IsValid() == (svc.host != "") {
			t.Fatalf("%q: %+v", s, svc)
		}
		if svc.addr.IsValid() && (svc.port == 0 || !usable(svc.addr)) {
			t.Fatalf("%q: %+v", s, svc)
		}
		if strings.ContainsAny(svc.host, " /:[]") || len(svc.host) > 253 {
			t.Fatalf("%q: host %q", s, svc.host)
		}
	})
}

// FuzzFindHost checks that a broken hosts file leads to an error at most.
func FuzzFindHost(f *testing.F) {
	f.Add("127.0.0.1 localhost\n::1%lo localhost # x\n", "localhost")
	f.Fuzz(func(t *testing.T, file, name string) {
		found, err := findHost(strings.NewReader(file), name)
		for _, a := range found {
			if !usable(a) || a.Zone() != "" {
				t.Fatalf("found %v, error %v", a, err)
			}
		}
	})
}
