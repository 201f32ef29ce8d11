package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/gatewright/gatewright"
)

// The headers of requests, beside Content-Type and User-Agent.
const (
	HeaderSignature    = "Gatewright-Signature"    // of webhooks, see [Sign]
	HeaderEvent        = "Gatewright-Event"        // the event
	HeaderNotification = "Gatewright-Notification" // the same for all who are told of the same thing
	HeaderDelivery     = "Gatewright-Delivery"     // the same for all attempts: to recognise what came before
)

// poster sends HTTP requests to receivers.
type poster struct {
	secure *http.Client
	local  *http.Client // for http, which never leaves the machine
	agent  string
}

func newPoster(c Config) poster {
	g := guard{loopback: c.AllowLoopback, private: c.DenyPrivate, allow: c.Allow}
	secure := newClient(g, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs})
	g.only = true
	agent := "Gatewright"
	if c.Version != "" {
		agent += "/" + c.Version
	}
	return poster{secure: secure, local: newClient(g, nil), agent: agent}
}

// newClient returns a client that goes only where the guard allows: by no
// proxy and after no redirect, both of which would connect elsewhere. Messages
// are rare, so connections are not kept.
func newClient(g guard, config *tls.Config) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            g.dialer().DialContext,
			TLSClientConfig:        config,
			DisableKeepAlives:      true,
			DisableCompression:     true, // a small answer must not become a large one
			MaxResponseHeaderBytes: maxResponse,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// answer is what a receiver said.
type answer struct {
	status int
	header http.Header
	body   []byte // its first maxResponse bytes
}

// post sends body to rawURL as JSON.
func (p poster) post(ctx context.Context, rawURL string, a *attempt, body []byte, headers ...string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, rawURL, bytes.NewReader(body))
	if err != nil {
		return answer{}, finally("the receiver's URL cannot be used; set it again")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", p.agent)
	req.Header.Set(HeaderEvent, string(a.Notification.Event))
	req.Header.Set(HeaderNotification, string(a.Notification.ID))
	req.Header.Set(HeaderDelivery, string(a.ID))
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := p.secure
	if req.URL.Scheme == "http" {
		client = p.local
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, unreachable(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err != nil && resp.StatusCode/100 != 2 { // of a success the words do not matter
		said = nil
	}
	return answer{resp.StatusCode, resp.Header, said}, nil
}

// unreachable makes an error of the HTTP client fit to be shown: without the
// URL. An address out of bounds stays so.
func unreachable(err error) error {
	if refused, ok := errors.AsType[*refusal](err); ok {
		return finally("%s; the server's configuration can allow it", refused)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return fmt.Errorf("it cannot be reached: %w", err)
}

// reply is the status a chat server puts into the body of its answers.
type reply struct {
	code int
	text string
}

// judgeReply judges an answer whose body decides: read finds the reply in it,
// codes says for which the message may be sent again.
func judgeReply(got answer, a *attempt, read func([]byte) (reply, bool), again func(code int) *Failure) error {
	r, ok := read(got.body)
	if err := judge(got.status, got.header, a.now); err != nil {
		if ok && r.code != 0 {
			return a.describe(err, fmt.Sprintf("%d %s", r.code, r.text))
		}
		return err
	}
	switch {
	case !ok:
		return forNow("it answers %s, but not in the form of %s; is the URL right?", statusText(got.status), a.Receiver.Type)
	case r.code == 0:
		return nil
	}
	f := again(r.code)
	if f == nil {
		f = &Failure{Final: true}
	}
	f.text = fmt.Sprintf("it answers error %d", r.code)
	return a.describe(f, r.text)
}

// describe adds a receiver's own words to a failure. Secrets go before the
// words are shortened, which could leave half of one.
func (a *attempt) describe(err error, words string) error {
	f := *asFailure(err)
	if words = echo(mask(words, a.secrets())); words != "" {
		f.text += ": " + words
	}
	return &f
}

// encode returns v as JSON, without the escapes that are meant for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the message: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// names returns the names of people, for receivers that are not mailed.
func names(people []gatewright.Recipient) []string {
	var out []string
	for _, p := range people[:min(len(people), gatewright.MaxRecipients)] {
		out = append(out, p.Name)
	}
	return out
}
