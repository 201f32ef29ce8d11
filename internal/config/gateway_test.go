package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

func validGateway() Gateway {
	return Gateway{
		Servers: []string{"https://control.example.com"}, Group: "test", TokenFile: "token", Listen: ":9080", Name: "gw-1",
		DataDir: "data", MaxRoutes: DefaultMaxRoutes, Drain: DefaultDrain,
	}
}

func TestGatewayValidate(t *testing.T) {
	tests := []struct {
		name  string
		alter func(*Gateway)
		want  string // part of the message; "" for valid
	}{
		{"valid", func(*Gateway) {}, ""},
		{"status page", func(c *Gateway) { c.StatusListen = "127.0.0.1:0" }, ""},
		{"two replicas", func(c *Gateway) { c.Servers = append(c.Servers, "http://127.0.0.1:8081") }, ""},
		{"no server", func(c *Gateway) { c.Servers = nil }, "--server is given 0 times"},
		{"empty server", func(c *Gateway) { c.Servers = []string{""} }, "--server"},
		{"the same server twice", func(c *Gateway) { c.Servers = append(c.Servers, c.Servers[0]) }, "given twice"},
		{"bad second server", func(c *Gateway) { c.Servers = append(c.Servers, "control:8080") }, `"control:8080"`},
		{"most servers", func(c *Gateway) { c.Servers = servers(MaxServers) }, ""},
		{"too many servers", func(c *Gateway) { c.Servers = servers(MaxServers + 1) }, "1 to 8"},
		{"server without scheme", func(c *Gateway) { c.Servers = []string{"127.0.0.1:8080"} }, "--server"},
		{"server of another scheme", func(c *Gateway) { c.Servers = []string{"ftp://x"} }, "--server"},
		{"no group", func(c *Gateway) { c.Group = "" }, "--group"},
		{"no token", func(c *Gateway) { c.TokenFile = "" }, `gatewright group token "test"`},
		{"no data", func(c *Gateway) { c.DataDir = "" }, "--data-dir"},
		{"no routes", func(c *Gateway) { c.MaxRoutes = 0 }, "--max-routes 0"},
		{"negative drain", func(c *Gateway) { c.Drain = -1 }, "--drain"},
		{"long drain", func(c *Gateway) { c.Drain = MaxDrain + time.Second }, "--drain"},
		{"bad name", func(c *Gateway) { c.Name = " gw" }, "white space"},
		{"bad listen", func(c *Gateway) { c.Listen = "9080" }, "--listen"},
		{"bad status listen", func(c *Gateway) { c.StatusListen = "9080" }, "--status-listen"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := validGateway()
			tt.alter(&c)
			err := c.Validate()
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want it to contain %q", err, tt.want)
			}
		})
	}
}

func servers(n int) []string {
	var urls []string
	for i := range n {
		urls = append(urls, fmt.Sprintf("https://control-%d.example.com", i))
	}
	return urls
}

func TestReadToken(t *testing.T) {
	tests := []struct {
		name string
		text string
		mode os.FileMode
		code gatewright.Code
	}{
		{"good", "gwi_abc\n", 0o600, ""},
		{"read only", "gwi_abc", 0o400, ""},
		{"group may read", "gwi_abc", 0o640, gatewright.PreconditionFailed},
		{"world may read", "gwi_abc", 0o604, gatewright.PreconditionFailed},
		{"group may write", "gwi_abc", 0o620, gatewright.PreconditionFailed},
		{"empty", "", 0o600, gatewright.Invalid},
		{"blank", " \n\n", 0o600, gatewright.Invalid},
		{"two", "gwi_abc\ngwi_def", 0o600, gatewright.Invalid},
		{"longest", strings.Repeat("x", maxTokenBytes), 0o600, ""},
		{"too long", strings.Repeat("x", maxTokenBytes+1), 0o600, gatewright.Invalid},
		{"not text", "gwi_\x00", 0o600, gatewright.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(name, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(name, tt.mode); err != nil {
				t.Fatal(err)
			}
			secret, err := ReadToken(name)
			if gatewright.CodeOf(err) != tt.code {
				t.Fatalf("got %v, want code %q", err, tt.code)
			}
			if err == nil && secret != strings.TrimSpace(tt.text) {
				t.Errorf("got %q", secret)
			}
			if err != nil && strings.Contains(err.Error(), "gwi_") {
				t.Errorf("the message holds the secret: %v", err)
			}
		})
	}
	t.Run("directory", func(t *testing.T) {
		if _, err := ReadToken(t.TempDir()); gatewright.CodeOf(err) != gatewright.Invalid {
			t.Errorf("got %v", err)
		}
	})
}
