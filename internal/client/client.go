package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// Bounds of a call.
const (
	DefaultTimeout   = 30 * time.Second
	MaxResponseBytes = 64 << 20
	basePath         = "/api/v1"
)

// Options tune a client; the zero value will do.
type Options struct {
	// Name says what the client is, as "cli/0.1.0"; changes and audit entries
	// tell it. "" is an unnamed program.
	Name string
	// Timeout bounds each call, waiting for a change excepted; 0 means
	// DefaultTimeout.
	Timeout time.Duration
	// Transport carries the requests; nil means one of the client's own.
	Transport http.RoundTripper
}

// Client calls one control plane. Its methods may be called concurrently.
type Client struct {
	base  string
	token string
	opts  Options
	http  *http.Client
}

// New returns a client of the control plane at baseURL
// ("http://127.0.0.1:8080"), which shows it token. It connects to nothing yet.
func New(baseURL, token string, opts Options) (*Client, error) {
	u, err := url.Parse(baseURL)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, gatewright.FieldErrorf("server", "server %q is not an address like http://127.0.0.1:8080", baseURL)
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return nil, gatewright.FieldErrorf("server", "server %s://%s must have no user, query or fragment", u.Scheme, u.Host)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, gatewright.FieldErrorf("token", "the token holds white space or characters no token has; copy it again")
	}
	if opts.Timeout == 0 {
		opts.Timeout = DefaultTimeout
	}
	if opts.Transport == nil {
		opts.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &Client{
		base: strings.TrimRight(baseURL, "/"), token: token, opts: opts,
		http: &http.Client{
			Transport: opts.Transport,
			// A redirect would carry the token to who knows where.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// call is one request.
type call struct {
	method   string
	segments []string // of the path below /api/v1, as they are
	query    url.Values
	header   http.Header
	body     any // encoded as JSON; nil for none
	timeout  time.Duration
}

// answer is a successful response.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func get(query url.Values, segments ...string) call {
	return call{method: http.MethodGet, segments: segments, query: query}
}

func post(body any, segments ...string) call {
	return call{method: http.MethodPost, segments: segments, body: body}
}

// fetch makes the call and decodes its answer.
func fetch[T any](ctx context.Context, c *Client, k call) (*T, error) {
	a, err := c.do(ctx, k)
	if err != nil {
		return nil, err
	}
	return decode[T](c, a)
}

func decode[T any](c *Client, a *answer) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(a.body, v); err != nil {
		return nil, fmt.Errorf("decode answer of %s: %w", c.base, err)
	}
	return v, nil
}

// do makes the call within its deadline.
func (c *Client) do(ctx context.Context, k call) (*answer, error) {
	timeout := k.timeout
	if timeout == 0 {
		timeout = c.opts.Timeout
	}
	limited, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	resp, err := c.send(limited, k)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxResponseBytes+1))
	if err != nil {
		return nil, c.unreachable(limited, err)
	}
	if len(body) > MaxResponseBytes {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "the answer of %s is longer than %d bytes", c.base, MaxResponseBytes)
	}
	if resp.StatusCode >= 300 && resp.StatusCode != http.StatusNotModified {
		return nil, c.refusal(resp, body)
	}
	return &answer{status: resp.StatusCode, header: resp.Header, body: body}, nil
}

// send sends the request and returns the response with its body unread.
func (c *Client) send(ctx context.Context, k call) (*http.Response, error) {
	path, err := pathOf(k.segments)
	if err != nil {
		return nil, err
	}
	target := c.base + path
	if len(k.query) > 0 {
		target += "?" + k.query.Encode()
	}
	var body io.Reader
	if k.body != nil {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false) // documents are full of < and >, which would take six bytes each
		if err := enc.Encode(k.body); err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = &buf
	}
	req, err := http.NewRequestWithContext(ctx, k.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for name, values := range k.header {
		req.Header[name] = values
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.opts.Name != "" {
		req.Header.Set("Gatewright-Client", c.opts.Name)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	return resp, nil
}

var errTimeout = errors.New("the call's own deadline passed")

// pathOf joins segments, which may hold any character.
func pathOf(segments []string) (string, error) {
	var b strings.Builder
	b.WriteString(basePath)
	for _, s := range segments {
		if s == "" {
			return "", gatewright.FieldErrorf("name", "a name or identifier is empty")
		}
		b.WriteByte('/')
		if s == "." || s == ".." { // else they would be taken for steps in the path
			b.WriteString(strings.ReplaceAll(s, ".", "%2E"))
			continue
		}
		b.WriteString(url.PathEscape(s))
	}
	return b.String(), nil
}
