package http1

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func testTLS(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.StartTLS()
	defer s.Close()
	return &tls.Config{Certificates: s.TLS.Certificates}, s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
}

func overTLS(script func(net.Conn), config *tls.Config) func(net.Conn) {
	return func(nc net.Conn) { script(tls.Server(nc, config)) }
}

func TestUpstreamTLS(t *testing.T) {
	config, roots := testTLS(t)
	answer := func(nc net.Conn) {
		r := bufio.NewReader(nc)
		for {
			if _, err := readRequest(r); err != nil {
				return
			}
			if _, err := io.WriteString(nc, okResponse); err != nil {
				return
			}
		}
	}
	address := serveRaw(t, overTLS(answer, config))
	for _, x := range []struct {
		name   string
		config EndpointConfig
		status int
	}{
		{"trusted", EndpointConfig{Scheme: "https", ServerName: "example.com", TLS: &tls.Config{RootCAs: roots}}, 200},
		{"address in the certificate", EndpointConfig{Scheme: "https", TLS: &tls.Config{RootCAs: roots}}, 200},
		{"unknown issuer", EndpointConfig{Scheme: "https", ServerName: "example.com"}, 502},
		{"other name", EndpointConfig{Scheme: "https", ServerName: "example.org", TLS: &tls.Config{RootCAs: roots}}, 502},
	} {
		t.Run(x.name, func(t *testing.T) {
			g := newGate(t, address, options{endpoint: x.config})
			c := g.dial()
			for i := range 3 {
				c.send(get(""))
				if a := c.read("GET"); a.StatusCode != x.status {
					t.Fatalf("status %d: %s", a.StatusCode, a.body)
				}
				if e := g.end(); e.result.Reused != (x.status == 200 && i > 0) {
					t.Errorf("reused %v", e.result.Reused)
				}
			}
		})
	}
}

func TestClientTLS(t *testing.T) {
	config, roots := testTLS(t)
	up := newUpstream(t, okResponse)
	g := newGate(t, up.address, options{})
	l := tls.NewListener(listen(t), config)
	served := make(chan error, 1)
	go func() { served <- g.server.Serve(l) }()
	nc, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: roots, ServerName: "example.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	c := &client{t, nc, bufio.NewReader(nc)}
	for range 3 {
		c.send(get("") + post("Content-Length: 2\r\n", "hi"))
		for range 2 {
			if a := c.read("GET"); a.StatusCode != 200 {
				t.Errorf("status %d", a.StatusCode)
			}
		}
	}
	if raw := up.raw()[0]; !containsLine(raw, "X-Forwarded-Proto: https") {
		t.Errorf("the upstream saw %q", raw)
	}
	_ = g.server.Shutdown(t.Context())
	<-served
}

func TestHandshakeTimeout(t *testing.T) {
	config, _ := testTLS(t)
	g := newGate(t, "", options{config: Config{HandshakeTimeout: time.Millisecond}})
	l := tls.NewListener(listen(t), config)
	served := make(chan error, 1)
	go func() { served <- g.server.Serve(l) }()
	c := dialRaw(t, l.Addr().String())
	c.send("\x16\x03\x01") // and no more
	_, _ = io.ReadAll(c)   // ends when the server gives up
	_ = g.server.Shutdown(t.Context())
	<-served
}
