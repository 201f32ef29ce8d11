package http1

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// markerUpstream answers each request with the marker in its path, and
// misbehaves as the path says.
func markerUpstream(t *testing.T) string {
	return serveRaw(t, func(nc net.Conn) {
		r := bufio.NewReader(nc)
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			body, err := io.ReadAll(req.Body)
			if err != nil {
				return
			}
			kind, marker, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
			text := strings.Repeat(marker+":"+string(body)+".", 50)
			switch kind {
			case "abort": // in the middle of the body
				_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text)+10, text)
				return
			case "twice": // in one write; what comes later still, nobody could tell from an answer
				_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: %[1]d\r\n\r\n%[2]sHTTP/1.1 200 OK\r\nContent-Length: %[1]d\r\n\r\n%[2]s", len(text), text)
			case "chunked":
				_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(text), text)
			case "drop": // without an answer
				return
			default:
				_, _ = fmt.Fprintf(nc, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
			}
		}
	})
}

// TestAnswersNeverCross has many users over few upstream connections, with
// every kind of misbehaviour mixed in. Nobody may ever get a byte that was
// meant for somebody else.
func TestAnswersNeverCross(t *testing.T) {
	g := newGate(t, markerUpstream(t), options{config: Config{WatchDelay: 1}, transport: TransportConfig{MaxIdle: 4}})
	var wg sync.WaitGroup
	for user := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rnd := rand.New(rand.NewPCG(1, uint64(user)))
			c := g.dial()
			for n := range 60 {
				kind := []string{"plain", "chunked", "twice", "abort", "drop", "leave"}[rnd.IntN(6)]
				marker := fmt.Sprintf("u%dn%d", user, n)
				body := strings.Repeat(marker, rnd.IntN(2)*rnd.IntN(4000))
				if kind == "twice" {
					body = ""
				}
				if rnd.IntN(2) == 0 {
					c.send(fmt.Sprintf("POST /%s/%s HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", kind, marker, len(body), body))
				} else {
					c.send(fmt.Sprintf("POST /%s/%s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n", kind, marker, appendChunk(nil, []byte(body))))
				}
				if kind == "leave" { // without waiting for the answer
					c.Close()
					c = g.dial()
					continue
				}
				a := c.read("POST")
				want := strings.Repeat(marker+":"+body+".", 50)
				whole := a.StatusCode == 200 && a.err == nil
				if whole && a.body != want || a.StatusCode == 200 && !strings.HasPrefix(want, a.body) {
					t.Errorf("%s got %d bytes that are not its own: %.60q", marker, len(a.body), a.body)
					return
				}
				if whole == (kind == "abort" || kind == "drop") || a.StatusCode != 200 && a.StatusCode != 502 {
					t.Errorf("%s of kind %s: %d, %v", marker, kind, a.StatusCode, a.err)
				}
				if a.err != nil || a.Close {
					c.Close()
					c = g.dial()
				}
			}
			c.Close()
		}()
	}
	wg.Wait()
	for range 16 * 60 {
		if e := g.end(); e.result.Complete && e.result.Failure != exchange.None && !e.result.Failure.OfUpstream() {
			t.Errorf("%+v", e.result)
		}
	}
}
