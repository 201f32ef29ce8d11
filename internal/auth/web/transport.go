package web

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Limits of what is asked of an OpenID provider.
const (
	DefaultProviderTimeout = 10 * time.Second // for each call, its body included
	MaxProviderAnswer      = 1 << 20          // bytes of a body
	maxProviderHeader      = 64 << 10         // bytes of a head
	maxProviderConns       = 8                // to one host
)

// newClient returns the client for calls to a provider. It follows no
// redirects: what is asked holds secrets, and discovery says where things are.
func newClient(roots *x509.CertPool, timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: guard{&http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			MaxConnsPerHost:        maxProviderConns,
			MaxResponseHeaderBytes: maxProviderHeader,
			IdleConnTimeout:        time.Minute,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// guard keeps a provider's addresses and answers within bounds.
type guard struct{ next *http.Transport }

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := checkURL(r.URL); err != nil {
		return nil, err
	}
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &boundedBody{resp.Body, MaxProviderAnswer}
	return resp, nil
}

// CloseIdleConnections lets http.Client close them.
func (g guard) CloseIdleConnections() { g.next.CloseIdleConnections() }

// boundedBody fails, where io.LimitReader would make a cut answer look whole.
type boundedBody struct {
	io.ReadCloser
	left int
}

var errTooLong = errors.New("the answer is too long")

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errTooLong
	}
	return n, err
}

// checkURL reports whether secrets may be sent there: over TLS, or to this
// machine.
func checkURL(u *url.URL) error {
	if u.Host == "" || u.User != nil {
		return fmt.Errorf("%.200q is not the address of a provider", u.Redacted())
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("%.200q is neither https nor on this machine", u.Redacted())
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
