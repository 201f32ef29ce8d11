package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestStoreURL(t *testing.T) {
	file := func(content string) string {
		name := filepath.Join(t.TempDir(), "password")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	tests := []struct {
		name  string
		store Store
		want  string
		code  gatewright.Code
	}{
		{"SQLite", Store{}, "", ""},
		{"no password", Store{Postgres: "postgres://ann@h/d"}, "postgres://ann@h/d", ""},
		{"password from a file", Store{Postgres: "postgres://ann@h:1/d?sslmode=require", PasswordFile: file("hunter2\n")}, "postgres://ann:hunter2@h:1/d?sslmode=require", ""},
		{"odd password", Store{Postgres: "postgres://ann@h/d", PasswordFile: file("a/b@c:d% é")}, "postgres://ann:a%2Fb%40c%3Ad%25%20%C3%A9@h/d", ""},
		{"empty file", Store{Postgres: "postgres://ann@h/d", PasswordFile: file("\n")}, "", gatewright.Invalid},
		{"no file", Store{Postgres: "postgres://ann@h/d", PasswordFile: filepath.Join(t.TempDir(), "none")}, "", gatewright.Internal},
		{"longest", Store{Postgres: "postgres://ann@h/d", PasswordFile: file(strings.Repeat("x", MaxPasswordBytes))}, "postgres://ann:" + strings.Repeat("x", MaxPasswordBytes) + "@h/d", ""},
		{"too long", Store{Postgres: "postgres://ann@h/d", PasswordFile: file(strings.Repeat("x", MaxPasswordBytes+1))}, "", gatewright.LimitExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.store.URL()
			if got != tt.want || gatewright.CodeOf(err) != tt.code {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// TestStorePassword: the environment may hold the password, and only it.
func TestStorePassword(t *testing.T) {
	const address = "postgres://ann:hunter2@h/d"
	c, err := LoadServer("", environment(map[string]string{"GATEWRIGHT_STORE_POSTGRES": address}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Store.URL(); got != address || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for _, tt := range []struct {
		name, address, file, want string
		flag                      bool
	}{
		{"on the command line", address, "", "store.passwordFile", true},
		{"twice", address, "file", "keep one", false},
		{"not an address", "postgres://ann:hunter2@[/d", "", "not an address", false},
		{"another scheme", "mysql://ann:hunter2@h/d", "", "not an address", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pairs := map[string]string{"GATEWRIGHT_STORE_PASSWORD_FILE": tt.file, "GATEWRIGHT_STORE_POSTGRES": tt.address}
			var override func(*Server)
			if tt.flag {
				delete(pairs, "GATEWRIGHT_STORE_POSTGRES")
				override = func(c *Server) { c.Store.Postgres = tt.address }
			}
			_, err := LoadServer("", environment(pairs), override)
			if gatewright.CodeOf(err) != gatewright.Invalid || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("returned %v", err)
			}
		})
	}
}
