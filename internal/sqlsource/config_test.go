package sqlsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

func TestGuard(t *testing.T) {
	prefix := netip.MustParsePrefix
	open, local := Guard{}, Guard{Loopback: true}
	listed := Guard{Hosts: []string{"db.example.com", "*.internal"}, Networks: []netip.Prefix{prefix("10.1.0.0/16"), prefix("127.0.0.9/32"), prefix("169.254.0.0/16")}}
	tests := []struct {
		name    string
		guard   Guard
		host    string
		address string
		want    bool
	}{
		{"public", open, "h", "203.0.113.5", true},
		{"private", open, "h", "10.0.0.5", true},
		{"loopback", open, "h", "127.0.0.1", false},
		{"loopback IPv6", open, "h", "::1", false},
		{"loopback, mapped", open, "h", "::ffff:127.0.0.1", false},
		{"loopback, NAT64", open, "h", "64:ff9b::7f00:1", false},
		{"loopback, 6to4", open, "h", "2002:7f00:1::", false},
		{"unspecified", open, "h", "0.0.0.0", false},
		{"this network", open, "h", "0.1.2.3", false},
		{"unspecified IPv6", open, "h", "::", false},
		{"loopback, allowed", local, "h", "127.0.0.1", true},
		{"metadata", open, "h", "169.254.169.254", false},
		{"metadata, everything allowed", local, "h", "169.254.169.254", false},
		{"metadata, listed", listed, "h", "169.254.169.254", false},
		{"metadata, mapped", open, "h", "::ffff:169.254.169.254", false},
		{"metadata, NAT64", open, "h", "64:ff9b::a9fe:a9fe", false},
		{"metadata of Alibaba", open, "h", "100.100.100.200", false},
		{"metadata of Amazon, IPv6", open, "h", "fd00:ec2::254", false},
		{"link-local IPv6", open, "h", "fe80::1", false},
		{"link-local IPv6 with zone", open, "h", "fe80::1%eth0", false},
		{"multicast", open, "h", "224.0.0.1", false},
		{"broadcast", open, "h", "255.255.255.255", false},
		{"in a listed network", listed, "whatever", "10.1.2.3", true},
		{"in none", listed, "whatever", "10.2.2.3", false},
		{"listed host", listed, "DB.example.com.", "10.2.2.3", true},
		{"below a listed domain", listed, "a.b.internal", "10.2.2.3", true},
		{"the domain itself", listed, "internal", "10.2.2.3", false},
		{"another with its end", listed, "evilinternal", "10.2.2.3", false},
		{"loopback by a listed name", listed, "db.example.com", "127.0.0.1", false},
		{"loopback, listed", listed, "h", "127.0.0.9", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.guard.address(tt.host, netip.MustParseAddr(tt.address)); (err == nil) != tt.want {
				t.Errorf("%v", err)
			}
		})
	}
	if err := (Guard{Hosts: []string{"db.example.com"}}).host("other.example.com"); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("a host that is not listed: %v", err)
	}
	if _, err := open.dial(t.Context(), "h", "unix", "/tmp/x", time.Second); err == nil {
		t.Error("a socket was dialled")
	}
}

// TestGuardAtDial uses names and spellings for this machine: what counts is
// the address that is connected to.
func TestGuardAtDial(t *testing.T) {
	for _, host := range []string{"localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0", "::1", "::ffff:127.0.0.1"} {
		for _, kind := range []gatewright.Dialect{gatewright.PostgreSQL, gatewright.MySQL, gatewright.ClickHouse} {
			s, err := Open(gatewright.SourceConfig{Dialect: kind, Host: host, Port: 9, Database: "x", TLS: gatewright.SourceTLS{Mode: gatewright.SourceTLSDisable}}, Credentials{User: "u"}, Guard{}, nil)
			if err != nil {
				continue // refused even earlier
			}
			_, err = s.Query(t.Context(), Statement{Text: "SELECT 1"})
			if !errors.Is(err, Unreachable) && !errors.Is(err, Broken) || strings.Contains(err.Error(), "refused: dial") || strings.Contains(err.Error(), "connection refused") {
				t.Errorf("%s on %s: %v", kind, host, err)
			}
			s.Close(t.Context())
		}
	}
}

func TestGuardFiles(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	for _, d := range []string{dir, elsewhere} {
		if err := os.WriteFile(filepath.Join(d, "x.db"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(elsewhere, "x.db"), filepath.Join(dir, "link.db")); err != nil {
		t.Fatal(err)
	}
	g := Guard{Directories: []string{dir}}
	tests := []struct {
		name, path string
		want       bool
	}{
		{"inside", filepath.Join(dir, "x.db"), true},
		{"outside", filepath.Join(elsewhere, "x.db"), false},
		{"link to outside", filepath.Join(dir, "link.db"), false},
		{"beginning with the same letters", dir + "x/x.db", false},
		{"missing", filepath.Join(dir, "y.db"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := g.file(tt.path); (err == nil) != tt.want {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := (Guard{}).file(filepath.Join(dir, "x.db")); err == nil {
		t.Error("a file without any directory allowed")
	}
}

func TestCredentialsAreHidden(t *testing.T) {
	c := Credentials{User: "somebody", Password: "do-not-tell", ClientKey: "nor-this"}
	inJSON, err := json.Marshal(struct{ C Credentials }{c})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "credentials", c, "pointer", &c)
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c, c), fmt.Sprintf("%v %+v", &c, &c), string(inJSON), log.String(), c.hide("a do-not-tell b nor-this")} {
		if strings.Contains(text, "do-not-tell") || strings.Contains(text, "nor-this") || strings.Contains(text, "somebody") {
			t.Errorf("it is told: %s", text)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("postgresql", "db.example.com", 5432, "sales", "search_path", "a,b")
	f.Add("sqlite", "", 0, "/data/x.db", "cache_size", "10")
	f.Add("mysql", "db)/?allowAllFiles=true", 1, "x", "collation", "utf8mb4_bin")
	f.Add("clickhouse", "::1", 0, "", "max_threads", "1&readonly=0")
	f.Fuzz(func(t *testing.T, kind, host string, port int, database, option, value string) {
		c := gatewright.SourceConfig{Dialect: gatewright.Dialect(kind), Host: host, Port: port, Database: database, Options: map[string]string{option: value}, TLS: gatewright.SourceTLS{Mode: gatewright.SourceTLSDisable}}
		if c.Dialect == gatewright.SQLite {
			c.TLS = gatewright.SourceTLS{}
		}
		s, err := Open(c, Credentials{User: "u", Password: "p"}, Guard{Directories: []string{"/nowhere"}}, nil)
		if err != nil {
			return
		}
		s.Close(t.Context())
		if strings.ContainsAny(c.Host, "/?@(),= \x00") || strings.ContainsAny(value, "&;=\"'\x00\n") || c.Dialect == gatewright.SQLite && strings.ContainsAny(database, "?#%") {
			t.Errorf("it is accepted: %+v", c)
		}
	})
}
