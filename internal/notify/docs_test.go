package notify_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify"
	"github.com/gatewright/gatewright/internal/notify/wording"
)

func manual(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/notifications.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// block returns the first code block of a language, "" for none, that contains
// a text.
func block(t *testing.T, language, contains string) string {
	t.Helper()
	for _, m := range regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$").FindAllStringSubmatch(manual(t), -1) {
		if m[1] == language && strings.Contains(m[2], contains) {
			return m[2]
		}
	}
	t.Fatalf("the manual has no %q block with %q", language, contains)
	return ""
}

// TestManualEvents compares the table of events, and the facts it promises,
// with the built-in templates.
func TestManualEvents(t *testing.T) {
	var rows []gatewright.NotificationEvent
	fact := regexp.MustCompile("`(\\w+)`")
	used := regexp.MustCompile(`\.Data\.(\w+)`)
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+\\.[a-z-]+)` \\|[^|]*\\|([^|]*)\\|$").FindAllStringSubmatch(manual(t), -1) {
		event := gatewright.NotificationEvent(m[1])
		rows = append(rows, event)
		promised := map[string]bool{}
		for _, f := range fact.FindAllStringSubmatch(m[2], -1) {
			promised[f[1]] = true
		}
		for _, language := range gatewright.NotificationLanguages() {
			said := wording.Default(event, language)
			found := map[string]bool{}
			for _, f := range used.FindAllStringSubmatch(said.Title+said.Text, -1) {
				found[f[1]] = true
				if !promised[f[1]] {
					t.Errorf("%s in %s uses the fact %q, which the manual does not name", event, language, f[1])
				}
			}
			for f := range promised {
				if !found[f] {
					t.Errorf("%s in %s leaves out the fact %q", event, language, f)
				}
			}
		}
	}
	if want := gatewright.NotificationEvents(); len(rows) != len(want) {
		t.Fatalf("the manual has the events %v, want %v", rows, want)
	}
}

// TestManualTemplate checks the example of a template.
func TestManualTemplate(t *testing.T) {
	text := block(t, "", "{{")
	if err := wording.Check(wording.Template{Title: text, Text: text}); err != nil {
		t.Fatal(err)
	}
}

// TestManualScript runs the script that verifies a signature.
func TestManualScript(t *testing.T) {
	for _, tool := range []string{"sh", "openssl", "sed", "date"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is needed to run the manual's script; install it", tool)
		}
	}
	script := block(t, "sh", "openssl dgst")
	fresh := notify.Sign(vectorSecret, time.Now(), []byte(vectorBody))
	old := notify.Sign(vectorSecret, time.Now().Add(-time.Hour), []byte(vectorBody))
	soon := strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10)
	_, v1, _ := strings.Cut(fresh, ",")
	tests := []struct {
		name, header, secret, body, want string
	}{
		{"valid", fresh, vectorSecret, vectorBody, ""},
		{"valid, with more behind it", fresh + ",v2=abc", vectorSecret, vectorBody, ""},
		{"altered", fresh, vectorSecret, vectorBody + "\n", "altered"},
		{"another secret", fresh, "other", vectorBody, "not from Gatewright"},
		{"another time", "t=" + soon + "," + v1, vectorSecret, vectorBody, "altered"},
		{"played back", old, vectorSecret, vectorBody, "too old"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "sh", "-c", script, "verify", tt.header)
			cmd.Env = append(os.Environ(), "GATEWRIGHT_SECRET="+tt.secret)
			cmd.Stdin = bytes.NewReader([]byte(tt.body))
			out, err := cmd.CombinedOutput()
			if (err == nil) != (tt.want == "") || !strings.Contains(string(out), tt.want) {
				t.Fatalf("%v, %s, want %q", err, out, tt.want)
			}
		})
	}
}
