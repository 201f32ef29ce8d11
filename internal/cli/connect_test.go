package cli

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTokenSearch looks in each place in turn.
func TestTokenSearch(t *testing.T) {
	var shown string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"items":[]}`))
	}))
	defer server.Close()
	tests := []struct {
		name  string
		args  []string
		env   map[string]string
		files []string // that hold their own names as the token
		mode  os.FileMode
		want  string // "" for a refusal
	}{
		{name: "flag", args: []string{"--token", "flag"}, env: map[string]string{"GATEWRIGHT_TOKEN": "env"}, files: []string{".gatewright/admin-token"}, want: "flag"},
		{name: "environment", env: map[string]string{"GATEWRIGHT_TOKEN": "env"}, files: []string{".gatewright/admin-token"}, want: "env"},
		{name: "working directory", files: []string{".gatewright/admin-token", "user/gatewright/admin-token"}, want: ".gatewright/admin-token"},
		{name: "user directory", files: []string{"user/gatewright/admin-token"}, want: "user/gatewright/admin-token"},
		{name: "nowhere"},
		{name: "open to others", files: []string{".gatewright/admin-token"}, mode: 0o644},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			for _, name := range tt.files {
				if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
					t.Fatal(err)
				}
				mode := tt.mode
				if mode == 0 {
					mode = 0o600
				}
				if err := os.WriteFile(name, []byte(name+"\n"), mode); err != nil {
					t.Fatal(err)
				}
			}
			shown = ""
			var out, errOut strings.Builder
			code := Run(t.Context(), Env{
				Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errOut, Now: theTime,
				Getenv:        func(name string) string { return tt.env[name] },
				UserConfigDir: func() (string, error) { return filepath.Join(dir, "user"), nil },
			}, append([]string{"get", "groups", "--server", server.URL}, tt.args...))
			if shown != tt.want || (code == exitDone) != (tt.want != "") {
				t.Errorf("exit code %d, token %q, want %q: %s", code, shown, tt.want, errOut.String())
			}
		})
	}
}

func TestNoUserDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, errOut strings.Builder
	code := Run(t.Context(), Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errOut, Now: theTime,
		Getenv:        func(string) string { return "" },
		UserConfigDir: func() (string, error) { return "", errors.New("no home") },
	}, []string{"get", "groups"})
	if code != exitFailed || !strings.Contains(errOut.String(), ".gatewright/admin-token") {
		t.Errorf("%d %s", code, errOut.String())
	}
}
