package gateway_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway"
)

// TestLogInjection sends, as bytes, requests that try to forge log lines or to
// repaint the terminal of whoever reads them. There is one line of JSON for
// each, without a control character and without the query.
func TestLogInjection(t *testing.T) {
	var log logBuffer
	b := marker(t, "a")
	g := newRig(t, gateway.Config{AccessLog: &log})
	g.commit(1, upsert(t, petAPI("pets", 1, node(t, b.addr, 100))))
	requests := []string{
		"GET /pets/%0d%0a{\"status\":200} HTTP/1.1\r\nHost: x\r\n",
		"GET /pets/\x1b[2J HTTP/1.1\r\nHost: x\r\n",
		"GET /pets/%1b%5b2J?token=TOPSECRET HTTP/1.1\r\nHost: x\r\n",
		"GET /pets/..%2f..?token=TOPSECRET HTTP/1.1\r\nHost: x\r\n",
		"GET /pets/a HTTP/1.1\r\nHost: x\r\nUser-Agent: \x1b]0;owned\x07\r\n",
		"GET /pets/a HTTP/1.1\r\nHost: x\r\nUser-Agent: a\xc2\x9b2Jb\xff\xe2\x80\xae\"}\r\n",
		"GET /pets/a HTTP/1.1\r\nHost: x\"y\r\n",
		"GET /pets/a HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\"}{\"b\r\n",
		"G\"ET /pets/a HTTP/1.1\r\nHost: x\r\n",
		"GET http://x/pets/a?token=TOPSECRET HTTP/1.1\r\nHost: y\r\n",
		"GET /pets/a?token=TOPSECRET#x HTTP/1.1\r\nHost: x\r\n",
	}
	for _, r := range requests {
		c, err := net.Dial("tcp", g.addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(c, r+"Connection: close\r\n\r\n")
		if answer, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 ") {
			t.Errorf("%q is answered by %q, %v", r, answer, err)
		}
		_ = c.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := g.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
	if len(lines) != len(requests) {
		t.Errorf("%d lines for %d requests:\n%s", len(lines), len(requests), log.String())
	}
	for _, line := range lines {
		var m struct {
			Status    int    `json:"status"`
			RequestID string `json:"request_id"`
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil || m.Status == 0 || m.RequestID == "" {
			t.Errorf("%s: %v", line, err)
		}
		for _, r := range line {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e {
				t.Errorf("%q has %U", line, r)
			}
		}
	}
	if strings.Contains(log.String(), "TOPSECRET") {
		t.Errorf("the query is in the log:\n%s", log.String())
	}
}
