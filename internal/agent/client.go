package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/link"
)

// client speaks to one control plane as one gateway.
type client struct {
	http   *http.Client
	server string // URL without a slash at its end
	token  string
	build  string
}

func newClient(transport http.RoundTripper, server, token, build string) *client {
	return &client{
		http: &http.Client{
			Transport: transport,
			// Another place must not get the token.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		server: strings.TrimRight(server, "/"), token: token, build: build,
	}
}

// do sends a request. The answer's status is a success; its body is to be
// closed. A refusal is the [gatewright.Error] the control plane gave.
func (c *client) do(ctx context.Context, method, path string, header http.Header, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.server+path, content)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	link.SetVersion(req.Header, c.build)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 == 2 {
		if err := link.CheckVersion(resp.Header, "this gateway", "the control plane"); err != nil {
			return nil, errors.Join(err, resp.Body.Close())
		}
		return resp, nil
	}
	defer resp.Body.Close() // it was only read
	text, err := io.ReadAll(io.LimitReader(resp.Body, link.MaxErrorBytes))
	if err != nil {
		return nil, fmt.Errorf("read the refusal (status %d): %w", resp.StatusCode, err)
	}
	return nil, link.DecodeError(resp.StatusCode, text)
}

func (c *client) join(ctx context.Context, j *link.JoinRequest) (*link.JoinResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	resp, err := c.do(ctx, http.MethodPost, link.JoinPath, nil, j)
	if err != nil {
		return nil, fmt.Errorf("join: %w", err)
	}
	defer resp.Body.Close() // it was only read
	body, err := io.ReadAll(io.LimitReader(resp.Body, link.MaxJoinedBytes))
	if err != nil {
		return nil, fmt.Errorf("join: read answer: %w", err)
	}
	joined := new(link.JoinResponse)
	if err := json.Unmarshal(body, joined); err != nil {
		return nil, fmt.Errorf("join: decode answer: %w", err)
	}
	if joined.Instance == "" || joined.SessionKey == "" || joined.Heartbeat <= 0 || joined.Ping <= 0 {
		return nil, errors.New("join: the answer is incomplete")
	}
	return joined, nil
}

func (c *client) report(ctx context.Context, r *link.Report) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	resp, err := c.do(ctx, http.MethodPost, link.ReportPath, nil, r)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return resp.Body.Close()
}

// blob returns content, verified against its hash.
func (c *client) blob(ctx context.Context, hash gatewright.Hash) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, blobTimeout)
	defer cancel()
	resp, err := c.do(ctx, http.MethodGet, link.BlobPath+string(hash), nil, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", hash.Short(), err)
	}
	defer resp.Body.Close() // it was only read
	body, err := io.ReadAll(io.LimitReader(resp.Body, gatewright.MaxResourceBytes+1))
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", hash.Short(), err)
	}
	if len(body) > gatewright.MaxResourceBytes {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "resource %s has more than %d bytes, the limit of this gateway", hash.Short(), gatewright.MaxResourceBytes)
	}
	if got := gatewright.HashBytes(body); got != hash {
		return nil, fmt.Errorf("fetch %s: it arrived with hash %s; something altered it on the way", hash.Short(), got.Short())
	}
	return body, nil
}

// secret returns a secret as it is sealed to this gateway.
func (c *client) secret(ctx context.Context, joined *link.JoinResponse, id gatewright.SecretID) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	header := http.Header{}
	header.Set(link.HeaderSession, joined.SessionKey)
	q := url.Values{link.QueryInstance: {string(joined.Instance)}}
	resp, err := c.do(ctx, http.MethodGet, link.SecretPath+string(id)+"?"+q.Encode(), header, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch secret %s: %w", id, err)
	}
	defer resp.Body.Close() // it was only read
	body, err := io.ReadAll(io.LimitReader(resp.Body, link.MaxSealedBytes))
	if err != nil {
		return nil, fmt.Errorf("fetch secret %s: %w", id, err)
	}
	var answer link.SealedSecret
	if err := json.Unmarshal(body, &answer); err != nil || answer.ID != id {
		return nil, fmt.Errorf("fetch secret %s: the answer is not what it must be", id)
	}
	return answer.Sealed, nil
}

// answer sends what this gateway answers to a question.
func (c *client) answer(ctx context.Context, a *link.Answer) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	resp, err := c.do(ctx, http.MethodPost, link.AnswerPath, nil, a)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return resp.Body.Close()
}

// stream opens the stream; generation is nil to be sent the whole manifest.
// It ends with ctx.
func (c *client) stream(ctx context.Context, id gatewright.InstanceID, key string, generation *int64) (io.ReadCloser, error) {
	q := url.Values{link.QueryInstance: {string(id)}}
	if generation != nil {
		q.Set(link.QueryGeneration, strconv.FormatInt(*generation, 10))
	}
	header := http.Header{}
	header.Set(link.HeaderSession, key)
	resp, err := c.do(ctx, http.MethodGet, link.StreamPath+"?"+q.Encode(), header, nil)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	return resp.Body, nil
}
