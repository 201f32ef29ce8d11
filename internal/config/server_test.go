package config

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func noEnvironment(string) string { return "" }

// environment returns a getenv over pairs.
func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestBadFiles(t *testing.T) {
	names, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(names) < 20 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			_, err := LoadServer(name, noEnvironment, nil)
			if err == nil {
				t.Fatal("accepted")
			}
			if gatewright.CodeOf(err) != gatewright.Invalid {
				t.Errorf("code %s", gatewright.CodeOf(err))
			}
			golden := strings.TrimSuffix(name, ".yaml") + ".err"
			if *update {
				if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, readErr := os.ReadFile(golden)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if diff := cmp.Diff(string(want), err.Error()+"\n"); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGoodFiles(t *testing.T) {
	tests := []struct {
		name string
		want func(*Server)
	}{
		{"empty.yaml", func(*Server) {}},
		{"comments.yaml", func(*Server) {}},
		{"scalar-list.yaml", func(c *Server) {
			c.Listen, c.Log.Level = []string{"127.0.0.1:9000"}, slog.LevelDebug
		}},
		{"tls.yaml", func(c *Server) {
			c.Listen = []string{"0.0.0.0:8443", "[::1]:8080"}
			c.TLS = TLS{CertFile: "server.pem", KeyFile: "server.key"}
			c.LostAfter = time.Minute
		}},
		{"postgres.yaml", func(c *Server) {
			c.Store = Store{Postgres: "postgres://gatewright@db.example:5432/gatewright?sslmode=verify-full", PasswordFile: "/run/secrets/gatewright-db", Connections: 20}
		}},
		{"insecure.yaml", func(c *Server) { c.Listen, c.Insecure = []string{"0.0.0.0:8080"}, true }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := DefaultServer()
			tt.want(&want)
			got, err := LoadServer(filepath.Join("testdata/good", tt.name), noEnvironment, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExampleIsTheDefaults(t *testing.T) {
	const name = "../../examples/config/server.yaml"
	got, err := LoadServer(name, noEnvironment, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultServer()
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Error(diff)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range serverSettings() {
		key := s.path[strings.LastIndexByte(s.path, '.')+1:]
		if !strings.Contains(string(text), key+":") || !strings.Contains(string(text), s.env) {
			t.Errorf("the example does not show %s with %s", s.path, s.env)
		}
	}
}

func TestEnvironmentOverridesTheFile(t *testing.T) {
	got, err := LoadServer("testdata/good/tls.yaml", environment(map[string]string{
		"GATEWRIGHT_LISTEN":            "127.0.0.1:1, 127.0.0.1:2",
		"GATEWRIGHT_DATA_DIR":          "/data",
		"GATEWRIGHT_STORE_POSTGRES":    "postgres://ann:secret@h/d",
		"GATEWRIGHT_STORE_CONNECTIONS": "3",
		"GATEWRIGHT_TLS_CERT_FILE":     "c",
		"GATEWRIGHT_TLS_KEY_FILE":      "k",
		"GATEWRIGHT_INSECURE":          "true",
		"GATEWRIGHT_LOST_AFTER":        "11s",
		"GATEWRIGHT_KEEP_GENERATIONS":  "7",
		"GATEWRIGHT_KEEP_AUDIT_DAYS":   "90",
		"GATEWRIGHT_SHUTDOWN_TIMEOUT":  "1s",
		"GATEWRIGHT_LOG_LEVEL":         "error",
		"GATEWRIGHT_LOG_FORMAT":        "json",

		"GATEWRIGHT_PUBLIC_URL":              "https://control.example.com",
		"GATEWRIGHT_OIDC_ISSUER":             "https://login.example.com",
		"GATEWRIGHT_OIDC_CLIENT_ID":          "gatewright",
		"GATEWRIGHT_OIDC_CLIENT_SECRET_FILE": "s",
		"GATEWRIGHT_OIDC_CA_FILE":            "ca",
		"GATEWRIGHT_OIDC_SCOPES":             "email",
		"GATEWRIGHT_OIDC_USERNAME_CLAIM":     "email",
		"GATEWRIGHT_OIDC_GROUPS_CLAIM":       "roles",
		"GATEWRIGHT_OIDC_CREATE_USERS":       "true",
		"GATEWRIGHT_OIDC_MATCH_EMAIL":        "true",
		"GATEWRIGHT_OIDC_GROUP_RULES":        "role=viewer;claim=all, role=api-provider; project=pay ments;group=test;claim=a=b;c",
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := &Server{
		Listen: []string{"127.0.0.1:1", "127.0.0.1:2"}, DataDir: "/data", TLS: TLS{"c", "k"}, Insecure: true,
		Store:     Store{Postgres: "postgres://ann:secret@h/d", Connections: 3},
		LostAfter: 11 * time.Second, KeepGenerations: 7, KeepAuditDays: 90, ShutdownTimeout: time.Second,
		Log: Log{Level: slog.LevelError, Format: LogJSON}, PublicURL: "https://control.example.com",
		OIDC: OIDC{
			Issuer: "https://login.example.com", ClientID: "gatewright", ClientSecretFile: "s", CAFile: "ca", Scopes: []string{"email"},
			UsernameClaim: "email", GroupsClaim: "roles", CreateUsers: true, MatchEmail: true,
			GroupRules: []GroupRule{{Role: "viewer", Claim: "all"}, {Role: "api-provider", Project: "pay ments", Group: "test", Claim: "a=b;c"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesInTheEnvironmentAreNamed(t *testing.T) {
	_, err := LoadServer("", environment(map[string]string{
		"GATEWRIGHT_LOST_AFTER": "soon", "GATEWRIGHT_LOG_LEVEL": "loud", "GATEWRIGHT_LISTEN": "0.0.0.0:80",
	}), nil)
	want := `configuration is not valid
  GATEWRIGHT_LOST_AFTER: lostAfter: "soon" is not a duration; write 300ms, 30s or 2m
  GATEWRIGHT_LOG_LEVEL: log.level: "loud" is not a log level; use debug, info, warn or error`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestOverrideIsValidatedToo(t *testing.T) {
	_, err := LoadServer("", noEnvironment, func(c *Server) { c.Listen = []string{"192.0.2.1:80"} })
	if err == nil || !strings.Contains(err.Error(), "listen: address 192.0.2.1:80 can be reached from other machines") {
		t.Errorf("got %v", err)
	}
}

func TestFileLimits(t *testing.T) {
	write := func(t *testing.T, text string) string {
		name := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	t.Run("missing", func(t *testing.T) {
		if _, err := LoadServer("testdata/none.yaml", noEnvironment, nil); err == nil || !strings.Contains(err.Error(), "testdata/none.yaml") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("longest", func(t *testing.T) {
		if _, err := LoadServer(write(t, strings.Repeat("#", MaxFileBytes)), noEnvironment, nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("too long", func(t *testing.T) {
		_, err := LoadServer(write(t, strings.Repeat("#", MaxFileBytes+1)), noEnvironment, nil)
		if gatewright.CodeOf(err) != gatewright.LimitExceeded {
			t.Errorf("got %v", err)
		}
	})
	t.Run("addresses", func(t *testing.T) {
		lines := "listen:\n" + strings.Repeat("  - 127.0.0.1:0\n", MaxListen)
		if _, err := LoadServer(write(t, lines), noEnvironment, nil); err != nil {
			t.Error(err)
		}
		if _, err := LoadServer(write(t, lines+"  - 127.0.0.1:0\n"), noEnvironment, nil); gatewright.CodeOf(err) != gatewright.Invalid {
			t.Errorf("got %v", err)
		}
	})
	t.Run("deep", func(t *testing.T) {
		if _, err := LoadServer(write(t, strings.Repeat("[", 200_000)), noEnvironment, nil); gatewright.CodeOf(err) != gatewright.Invalid {
			t.Errorf("got %v", err)
		}
	})
}

func TestIsLoopback(t *testing.T) {
	tests := []struct {
		address string
		want    bool
	}{
		{"127.0.0.1:80", true}, {"127.8.9.1:0", true}, {"[::1]:80", true}, {"localhost:80", true}, {"[::ffff:127.0.0.1]:80", true},
		{":80", false}, {"0.0.0.0:80", false}, {"[::]:80", false}, {"192.0.2.1:80", false}, {"127.0.0.1", false}, {"localhost.example:80", false},
	}
	for _, tt := range tests {
		if got := IsLoopback(tt.address); got != tt.want {
			t.Errorf("IsLoopback(%q) = %v", tt.address, got)
		}
	}
}
