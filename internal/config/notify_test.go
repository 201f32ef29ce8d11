package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNotify(t *testing.T) {
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := `notify:
  allowLoopback: true
  denyPrivate: true
  allow: [10.1.2.3/16, 192.168.0.9]
mail:
  server: mail.example.com:587
  user: gatewright
  passwordFile: ` + password + `
  from: gatewright@example.com
secretKeysFile: /etc/gatewright/keys
`
	name := filepath.Join(dir, "server.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadServer(name, func(string) string { return "" }, nil)
	if err != nil {
		t.Fatal(err)
	}
	allow := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("192.168.0.9/32")}
	if !c.Notify.AllowLoopback || !c.Notify.DenyPrivate || !cmp.Equal(c.Notify.Allow, allow, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })) {
		t.Errorf("notify: %+v", c.Notify)
	}
	if got, err := c.Mail.Password(); got != "s3cret" || err != nil || c.SecretKeysFile != "/etc/gatewright/keys" {
		t.Errorf("password %q, %v; keys in %q", got, err, c.SecretKeysFile)
	}
}

func TestNotifyMistakes(t *testing.T) {
	tests := []struct{ name, text, says string }{
		{"no server", "mail:\n  from: a@example.com\n", "no server"},
		{"bad server", "mail:\n  server: mail\n  from: a@example.com\n", "host:port"},
		{"bad TLS", "mail:\n  server: mail:25\n  tls: ssl\n  from: a@example.com\n", "starttls or tls"},
		{"user alone", "mail:\n  server: mail:25\n  user: x\n  from: a@example.com\n", "belong together"},
		{"no sender", "mail:\n  server: mail:25\n", "not a mail address"},
		{"bad network", "notify:\n  allow: [everywhere]\n", "neither an address nor a network"},
		{"too many networks", "notify:\n  allow: [" + strings.Repeat("10.0.0.1,", MaxNotifyAllow) + "10.0.0.2]\n", "at most 100"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "server.yaml")
			if err := os.WriteFile(name, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := LoadServer(name, func(string) string { return "" }, nil); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}
