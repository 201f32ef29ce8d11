package exchangetest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// patience ends a test that hangs. Nothing is concluded from it.
const patience = 20 * time.Second

// much is more than a transport may buffer.
const much = 1 << 20

// Start serves h until the test ends. It returns the address as a URL without
// a path, and a client that speaks the transport's protocol. A client that
// goes away should be noticed within milliseconds.
type Start func(t *testing.T, h exchange.Handler) (url string, client *http.Client)

// serveFunc is a function as a service.
type serveFunc func(ex *exchange.Exchange, s exchange.Stream) error

func (f serveFunc) Serve(ex *exchange.Exchange, s exchange.Stream) error { return f(ex, s) }

// handler lets one service answer everything.
type handler struct {
	service exchange.Service
	timeout time.Duration
	ends    chan exchange.Result
}

func (h *handler) Begin(ex *exchange.Exchange)             { ex.Serve(h.service, h.timeout) }
func (*handler) Repick(*exchange.Exchange) bool            { return false }
func (*handler) Response(ex *exchange.Exchange)            { ex.Response.Header.Set("X-Handler", "seen") }
func (*handler) Fail(*exchange.Exchange, exchange.Failure) {}
func (h *handler) End(ex *exchange.Exchange)               { h.ends <- ex.Result }

// serviceCase is a request, the service that answers it, and what must come
// of it.
type serviceCase struct {
	name    string
	method  string // "" means POST
	body    string
	stream  bool // the client does not say how long the body is
	timeout time.Duration
	serve   serveFunc

	status  int    // 0 for no response
	want    string // the response's body
	length  int64  // announced, -1 for none
	broken  bool   // the client can tell that the response is not whole
	failure exchange.Failure
}

// Services checks how a transport lets services answer.
func Services(t *testing.T, start Start) {
	for _, x := range append(wholeCases(), brokenCases()...) {
		t.Run(x.name, func(t *testing.T) { x.run(t, start) })
	}
	t.Run("the client goes away", func(t *testing.T) { clientGone(t, start) })
}

func wholeCases() []serviceCase {
	long := strings.Repeat("x", much)
	return []serviceCase{
		{name: "empty", serve: func(*exchange.Exchange, exchange.Stream) error { return nil }, status: 200},
		{name: "short", serve: func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, "hello") }, status: 200, want: "hello", length: 5},
		{name: "long", serve: func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, long) }, status: 200, want: long, length: -1},
		{name: "flushed", serve: func(_ *exchange.Exchange, s exchange.Stream) error {
			return errors.Join(write(s, "he"), s.Flush(), write(s, "llo"))
		}, status: 200, want: "hello", length: -1},
		{name: "HEAD", method: "HEAD", serve: func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, "hello") }, status: 200, length: 5},
		{name: "HEAD of much", method: "HEAD", serve: func(_ *exchange.Exchange, s exchange.Stream) error {
			err := write(s, long)
			if !errors.Is(err, exchange.ErrUnwanted) {
				return errors.New("the rest was wanted")
			}
			return err
		}, status: 200, length: -1},
		{name: "status without a body", serve: func(ex *exchange.Exchange, s exchange.Stream) error {
			ex.Response.Status = http.StatusNoContent
			return write(s, "hello")
		}, status: 204},
		{name: "response at hand", serve: func(ex *exchange.Exchange, s exchange.Stream) error {
			err := write(s, "what was written")
			ex.Respond(http.StatusNotFound, "text/plain", []byte("hello"))
			return err
		}, status: 404, want: "hello", length: 5},
		{name: "body, whole", body: "hello", serve: echoWhole(5), status: 200, want: "hello", length: 5},
		{name: "body of unknown length, whole", body: "hello", stream: true, serve: echoWhole(5), status: 200, want: "hello", length: 5},
		{name: "long body, whole", body: long, serve: echoWhole(much), status: 200, want: long, length: -1},
		{name: "long body of unknown length", body: long, stream: true, serve: echoWhole(-1), status: 200, want: long, length: -1},
		{name: "body that nobody reads", body: "hello", serve: func(_ *exchange.Exchange, s exchange.Stream) error { return write(s, "ok") }, status: 200, want: "ok", length: 2},
	}
}

func brokenCases() []serviceCase {
	fails := func(*exchange.Exchange, exchange.Stream) error { return errors.New("password=secret") }
	panics := func(*exchange.Exchange, exchange.Stream) error { panic("defect") }
	late := func(_ *exchange.Exchange, s exchange.Stream) error {
		<-s.Context().Done()
		return context.Cause(s.Context())
	}
	second := func(ex *exchange.Exchange, _ exchange.Stream) error { ex.Respond(200, "", nil); return nil }
	begun := func(f serveFunc) serveFunc {
		return func(ex *exchange.Exchange, s exchange.Stream) error {
			if err := errors.Join(write(s, "begun"), s.Flush()); err != nil {
				return err
			}
			return f(ex, s)
		}
	}
	const soon = 20 * time.Millisecond
	return []serviceCase{
		{name: "body over the limit", body: "hello!", serve: echoWhole(5), status: 413, failure: exchange.BodyTooLarge},
		{name: "body of unknown length over the limit", body: "hello!", stream: true, serve: echoWhole(5), status: 413, failure: exchange.BodyTooLarge},
		{name: "body over the limit, not minded", body: "hello!", serve: func(ex *exchange.Exchange, s exchange.Stream) error {
			_, _ = s.ReadBody(5)
			return second(ex, s)
		}, status: 413, failure: exchange.BodyTooLarge},
		{name: "error", serve: fails, status: 500, failure: exchange.Internal},
		{name: "error after writing", serve: func(ex *exchange.Exchange, s exchange.Stream) error {
			return errors.Join(write(s, "hello"), fails(ex, s))
		}, status: 500, failure: exchange.Internal},
		{name: "deadline", timeout: soon, serve: late, status: 504, failure: exchange.ServeTimeout},
		{name: "panic", serve: panics, failure: exchange.Internal},
		{name: "error after the head", serve: begun(fails), status: 200, broken: true, failure: exchange.Internal},
		{name: "deadline after the head", timeout: soon, serve: begun(late), status: 200, broken: true, failure: exchange.ServeTimeout},
		{name: "panic after the head", serve: begun(panics), status: 200, broken: true, failure: exchange.Internal},
		{name: "second response", serve: begun(second), status: 200, broken: true, failure: exchange.Internal},
	}
}

func write(s exchange.Stream, text string) error {
	_, err := s.Write([]byte(text))
	return err
}

// echoWhole answers with the request's body of at most limit bytes.
func echoWhole(limit int64) serveFunc {
	return func(_ *exchange.Exchange, s exchange.Stream) error {
		b, err := s.ReadBody(limit)
		if err != nil {
			return err
		}
		_, err = s.Write(b)
		return err
	}
}

func (x *serviceCase) run(t *testing.T, start Start) {
	h := &handler{service: x.serve, timeout: patience, ends: make(chan exchange.Result, 1)}
	if x.timeout > 0 {
		h.timeout = x.timeout
	}
	url, client := start(t, h)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	res, err := client.Do(x.request(ctx, t, url))
	if (err != nil) != (x.status == 0) {
		t.Fatalf("response %v, %v", res, err)
	}
	if err == nil {
		defer res.Body.Close()
		x.check(t, res)
	}
	end := <-h.ends
	if end.Failure != x.failure || end.Complete == (x.broken || x.status == 0) {
		t.Errorf("failure %q, complete %v", end.Failure, end.Complete)
	}
	if x.failure == exchange.None && end.BytesOut != int64(len(x.want)) || end.BytesIn > int64(len(x.body)) {
		t.Errorf("%d bytes in, %d out", end.BytesIn, end.BytesOut)
	}
}

// request makes the case's request.
func (x *serviceCase) request(ctx context.Context, t *testing.T, url string) *http.Request {
	var body io.Reader = strings.NewReader(x.body)
	if x.stream {
		body = io.MultiReader(body) // hides the length
	}
	method := x.method
	if method == "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, url+"/a", body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func (x *serviceCase) check(t *testing.T, res *http.Response) {
	b, err := io.ReadAll(res.Body)
	switch {
	case res.StatusCode != x.status, (err != nil) != x.broken:
		t.Errorf("status %d, %d bytes, %v", res.StatusCode, len(b), err)
	case x.failure != exchange.None:
		if strings.Contains(string(b), "secret") {
			t.Errorf("the client is told %s", b)
		}
	case string(b) != x.want, res.StatusCode != http.StatusNoContent && res.ContentLength != x.length:
		t.Errorf("%d bytes, length %d, want %d and %d", len(b), res.ContentLength, len(x.want), x.length)
	case res.StatusCode != http.StatusNotFound && res.Header.Get("X-Handler") != "seen":
		t.Error("Handler.Response was not asked")
	}
}

// clientGone has a client go away while the service waits for something else.
func clientGone(t *testing.T, start Start) {
	waits, cause := make(chan struct{}), make(chan error, 1)
	h := &handler{timeout: patience, ends: make(chan exchange.Result, 1), service: serveFunc(func(_ *exchange.Exchange, s exchange.Stream) error {
		close(waits)
		<-s.Context().Done()
		cause <- context.Cause(s.Context())
		return s.Context().Err()
	})}
	url, client := start(t, h)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	x := serviceCase{method: http.MethodGet}
	req := x.request(ctx, t, url)
	left := make(chan struct{})
	go func() {
		defer close(left)
		if res, err := client.Do(req); err == nil {
			res.Body.Close()
		}
	}()
	<-waits
	leave()
	<-left
	if why := <-cause; why != exchange.ClientGone {
		t.Errorf("cause %v", why)
	}
	if end := <-h.ends; end.Failure != exchange.ClientGone || end.Complete {
		t.Errorf("failure %q, complete %v", end.Failure, end.Complete)
	}
}
