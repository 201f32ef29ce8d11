package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// unreachable tells why no answer came. A context that the caller ended stays
// that; everything else is [gatewright.Unavailable].
func (c *Client) unreachable(ctx context.Context, err error) error {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errTimeout):
		return gatewright.Errorf(gatewright.Unavailable, "%s did not answer in time; is it overloaded, or something else than a control plane?", c.base)
	case cause != nil:
		return fmt.Errorf("call %s: %w", c.base, cause)
	case errors.Is(err, syscall.ECONNREFUSED):
		return gatewright.Errorf(gatewright.Unavailable, "no control plane answers at %s; is it running, and is that its address (--server)? For a first look start one with: gatewright dev", c.base)
	case errors.As(err, &dns):
		return gatewright.Errorf(gatewright.Unavailable, "host %s of the control plane cannot be found; check the address %s", dns.Name, c.base)
	case errors.As(err, &cert):
		return gatewright.Errorf(gatewright.Unavailable, "the certificate of %s is not trusted: %v", c.base, cert.Err)
	}
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err // without the request's method and address
	}
	return gatewright.Errorf(gatewright.Unavailable, "the connection to %s failed: %v", c.base, err)
}

// refusal turns an error answer into the error it tells.
func (c *Client) refusal(resp *http.Response, body []byte) error {
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err == nil && media == wire.ProblemMediaType {
		var p wire.Problem
		if err := json.Unmarshal(body, &p); err == nil && p.Code != "" {
			return p.Err()
		}
	}
	if resp.StatusCode >= 500 {
		return gatewright.Errorf(gatewright.Unavailable, "something between here and the control plane at %s answered %s", c.base, resp.Status)
	}
	return gatewright.Errorf(gatewright.Invalid, "%s answered %s, but not as a Gatewright control plane does; check the address", c.base, resp.Status)
}
