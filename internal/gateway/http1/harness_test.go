package http1

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience ends a test that hangs. Nothing is concluded from it.
const patience = 20 * time.Second

// ended is what a handler saw at the end of an exchange.
type ended struct {
	method, host, path, query string
	status                    int
	begun                     bool
	result                    exchange.Result
	client                    string
}

// handler forwards everything to one endpoint unless told otherwise.
type handler struct {
	endpoint exchange.Endpoint
	begin    func(*exchange.Exchange)
	repick   func(*exchange.Exchange) bool
	response func(*exchange.Exchange)
	fail     func(*exchange.Exchange, exchange.Failure)
	ends     chan ended
}

type began struct{}

func (h *handler) Begin(ex *exchange.Exchange) {
	ex.Data = began{}
	if h.endpoint != nil {
		ex.Target.Endpoint = h.endpoint
	}
	if h.begin != nil {
		h.begin(ex)
	}
}

func (h *handler) Repick(ex *exchange.Exchange) bool {
	return h.repick != nil && h.repick(ex)
}

func (h *handler) Response(ex *exchange.Exchange) {
	if h.response != nil {
		h.response(ex)
	}
}

func (h *handler) Fail(ex *exchange.Exchange, f exchange.Failure) {
	if h.fail != nil {
		h.fail(ex, f)
	}
}

func (h *handler) End(ex *exchange.Exchange) {
	_, begun := ex.Data.(began)
	h.ends <- ended{
		method: strings.Clone(ex.Method), host: strings.Clone(ex.Host), path: strings.Clone(ex.Path), query: strings.Clone(ex.Query),
		status: ex.Response.Status, begun: begun, result: ex.Result, client: ex.ClientAddr.String(),
	}
}

// gate is a server under test with its transport and an upstream.
type gate struct {
	t         *testing.T
	handler   *handler
	server    *Server
	transport *Transport
	endpoint  *Endpoint
	address   string
}

type options struct {
	config    Config
	transport TransportConfig
	endpoint  EndpointConfig
	handler   handler
}

// newGate starts a server that forwards to upstream ("" for none).
func newGate(t *testing.T, upstream string, o options) *gate {
	t.Helper()
	if o.config.LingerTimeout == 0 {
		o.config.LingerTimeout = 100 * time.Millisecond
	}
	if o.config.ShutdownGrace == 0 {
		o.config.ShutdownGrace = time.Millisecond
	}
	if o.config.Log == nil {
		o.config.Log = slog.New(slog.DiscardHandler)
	}
	h := &o.handler
	h.ends = make(chan ended, 10_000)
	g := &gate{t: t, handler: h, transport: NewTransport(o.transport)}
	if upstream != "" {
		o.endpoint.Address = upstream
		def(&o.endpoint.Scheme, "http")
		e, err := g.transport.Acquire(o.endpoint)
		if err != nil {
			t.Fatal(err)
		}
		g.endpoint = e
		h.endpoint = e
	}
	g.server = NewServer(h, o.config)
	l := listen(t)
	g.address = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- g.server.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = g.server.Shutdown(ctx)
		if err := <-served; err != ErrServerClosed {
			t.Errorf("Serve returned %v", err)
		}
		g.transport.Close()
	})
	return g
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// end waits for the end of the next exchange.
func (g *gate) end() ended {
	g.t.Helper()
	select {
	case e := <-g.handler.ends:
		return e
	case <-time.After(patience):
		g.t.Fatal("the exchange does not end")
	}
	return ended{}
}

// client is a raw connection to the server.
type client struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func dialRaw(t testing.TB, address string) *client {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	return &client{t, nc, bufio.NewReader(nc)}
}

func (g *gate) dial() *client { return dialRaw(g.t, g.address) }

func (c *client) send(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		c.t.Fatalf("sending: %v", err)
	}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
	err  error // of reading the body
}

// read reads the response to a request with the method.
func (c *client) read(method string) answer {
	c.t.Helper()
	res, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatalf("reading the response: %v", err)
	}
	if res.StatusCode < 200 {
		return answer{Response: res}
	}
	b, err := io.ReadAll(res.Body)
	return answer{res, string(b), err}
}

// closed reports whether the server closed the connection without sending
// anything more.
func (c *client) closed() bool {
	b, _ := io.ReadAll(c.r)
	return len(b) == 0
}

// serveRaw runs script for every connection to a new address.
func serveRaw(t testing.TB, script func(nc net.Conn)) string {
	t.Helper()
	l := listen(t)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		conns []net.Conn
	)
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, nc)
			mu.Unlock()
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer nc.Close()
				script(nc)
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, nc := range conns {
			nc.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

const okResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: now\r\n\r\nok"

// upstream answers every request with response and keeps what it has seen.
type upstream struct {
	address string
	mu      sync.Mutex
	seen    []string
	conns   int
}

func newUpstream(t testing.TB, response string) *upstream {
	return scriptUpstream(t, func(nc net.Conn, _ int) bool {
		_, err := io.WriteString(nc, response)
		return err == nil
	})
}

// requests returns what came in, without the fields that always come.
func (u *upstream) requests() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	var out []string
	for _, s := range u.seen {
		out = append(out, withoutForwarded(s))
	}
	return out
}

func (u *upstream) raw() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.seen...)
}

func withoutForwarded(raw string) string {
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	var lines []string
	for _, line := range strings.Split(head, "\r\n") {
		if !strings.HasPrefix(line, "X-Forwarded-") && !strings.HasPrefix(line, "X-Request-Id") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

// readRequest reads one request with net/http's parser, which is none of
// ours, and returns its bytes.
func readRequest(r *bufio.Reader) (string, error) {
	var raw bytes.Buffer
	for !bytes.HasSuffix(raw.Bytes(), []byte("\r\n\r\n")) {
		line, err := r.ReadBytes('\n')
		raw.Write(line)
		if err != nil {
			return "", err
		}
	}
	head := bytes.Clone(raw.Bytes())
	tee := io.TeeReader(&byteReader{r}, &raw)
	req, err := http.ReadRequest(bufio.NewReaderSize(io.MultiReader(bytes.NewReader(head), tee), 16))
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return "", err
	}
	return raw.String(), nil
}

// byteReader reads single bytes, so that nothing is read ahead.
type byteReader struct{ r *bufio.Reader }

func (b *byteReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := b.r.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}
