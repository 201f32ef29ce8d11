package http1

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

const (
	upgradeRequest = "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\n\r\n"
	switching      = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: a\r\n\r\n"
)

// echoUpgrade agrees to the upgrade and echoes what follows.
func echoUpgrade(t *testing.T) string {
	return serveRaw(t, func(nc net.Conn) {
		r := bufio.NewReader(nc)
		raw, err := readRequest(r)
		if err != nil {
			return
		}
		if !strings.Contains(raw, "Connection: Upgrade\r\nUpgrade: websocket\r\n") || !strings.Contains(raw, "Sec-WebSocket-Key: k\r\n") {
			t.Errorf("the upgrade arrived as %q", raw)
		}
		_, _ = io.WriteString(nc, switching+"hi")
		_, _ = io.Copy(nc, r)
	})
}

func TestTunnel(t *testing.T) {
	g := newGate(t, echoUpgrade(t), options{config: Config{WatchDelay: time.Millisecond}})
	c := g.dial()
	c.send(upgradeRequest + "early,")
	head, err := c.peekHead()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(head, "HTTP/1.1 101") || !strings.Contains(head, "Upgrade: websocket") || !strings.Contains(head, "Sec-WebSocket-Accept: a") {
		t.Fatalf("head %q", head)
	}
	_, _ = c.r.Discard(len(head))
	c.send("later")
	got := make([]byte, len("hiearly,later"))
	if _, err := io.ReadFull(c.r, got); err != nil || string(got) != "hiearly,later" {
		t.Errorf("got %q, %v", got, err)
	}
	c.Close()
	e := g.end()
	if e.status != 101 || e.result.BytesIn != 11 || e.result.BytesOut != 13 || e.result.Failure != exchange.None {
		t.Errorf("status %d, %+v", e.status, e.result)
	}
	if s := g.endpoint.Stats(); s.Open != 0 {
		t.Errorf("the connection was kept: %+v", s)
	}
}

func TestTunnelHalfClose(t *testing.T) {
	g := newGate(t, echoUpgrade(t), options{config: Config{LingerTimeout: patience}})
	c := g.dial()
	c.send(upgradeRequest + "last words")
	_ = c.Conn.(*net.TCPConn).CloseWrite()
	b, err := io.ReadAll(c.r)
	if err != nil || !strings.HasSuffix(string(b), "hilast words") {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestTunnelIdle(t *testing.T) {
	g := newGate(t, echoUpgrade(t), options{config: Config{TunnelTimeout: 10 * time.Millisecond}})
	c := g.dial()
	c.send(upgradeRequest)
	if _, err := io.ReadAll(c.r); err != nil {
		t.Errorf("%v", err)
	}
	g.end()
}

func TestUpgradeRefused(t *testing.T) {
	for _, x := range []struct {
		name, answer string
		status       int
	}{
		{"by the upstream", okResponse, 200},
		{"other protocol", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 502},
		{"no protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\n", 502},
		{"with body", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nok", 502},
	} {
		t.Run(x.name, func(t *testing.T) {
			up := newUpstream(t, x.answer)
			g := newGate(t, up.address, options{})
			c := g.dial()
			c.send(upgradeRequest)
			if a := c.read("GET"); a.StatusCode != x.status {
				t.Errorf("status %d", a.StatusCode)
			}
			g.end()
			if s := g.endpoint.Stats(); s.Open != 0 && x.status != 200 {
				t.Errorf("the connection was kept: %+v", s)
			}
		})
	}
}
