package http1

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

const benchPost = "POST /api/v1/query HTTP/1.1\r\nHost: data.example\r\nContent-Type: application/json\r\nAccept: */*\r\nContent-Length: "

// answers begins every exchange with one function.
type answers struct {
	quiet
	begin func(ex *exchange.Exchange)
}

func (a answers) Begin(ex *exchange.Exchange) { a.begin(ex) }

// served returns a function that has one exchange over loopback with a server
// that asks nobody else. The answer has a body of size bytes.
func served(tb testing.TB, begin func(ex *exchange.Exchange), request string, size int) func() {
	server := NewServer(answers{begin: begin}, Config{})
	l := listen(tb)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	tb.Cleanup(func() {
		_ = server.Shutdown(context.Background())
		<-done
	})
	c := dialRaw(tb, l.Addr().String())
	_ = c.SetDeadline(time.Time{})
	raw := []byte(request)
	buf := make([]byte, size+1024)
	return func() {
		if _, err := c.Write(raw); err != nil {
			tb.Fatal(err)
		}
		for n, want := 0, -1; want < 0 || n < want; {
			m, err := c.Conn.Read(buf[n:])
			if err != nil {
				tb.Fatal(err)
			}
			if n += m; want < 0 {
				want = headEnd(buf[:n], 0) + size
			}
		}
	}
}

// echoService reads the body whole and sends it back.
type echoService struct{}

func (echoService) Serve(ex *exchange.Exchange, s exchange.Stream) error {
	b, err := s.ReadBody(64 << 10)
	if err != nil {
		return err
	}
	ex.Response.ContentType = "application/json"
	_, err = s.Write(b)
	return err
}

// contextService is echoService that also asks for the context.
type contextService struct{ echoService }

func (e contextService) Serve(ex *exchange.Exchange, s exchange.Stream) error {
	if err := s.Context().Err(); err != nil {
		return err
	}
	return e.echoService.Serve(ex, s)
}

// cachedService sends what it has.
type cachedService struct{ body []byte }

func (e *cachedService) Serve(ex *exchange.Exchange, s exchange.Stream) error {
	ex.Response.ContentType = "application/json"
	_, err := s.Write(e.body)
	return err
}

// respondService hands over what it has.
type respondService struct{ body []byte }

func (e *respondService) Serve(ex *exchange.Exchange, _ exchange.Stream) error {
	ex.Respond(200, "application/json", e.body)
	return nil
}

// services are the exchanges that are measured.
func services() []struct {
	name    string
	begin   func(ex *exchange.Exchange)
	request string
	size    int
	allocs  float64 // per exchange
} {
	body := []byte(strings.Repeat("x", 1024))
	large := []byte(strings.Repeat("x", 20_000))
	cached, respond := &cachedService{body}, &respondService{body}
	by := func(s exchange.Service) func(ex *exchange.Exchange) {
		return func(ex *exchange.Exchange) { ex.Serve(s, time.Minute) }
	}
	return []struct {
		name    string
		begin   func(ex *exchange.Exchange)
		request string
		size    int
		allocs  float64
	}{
		{"respond", func(ex *exchange.Exchange) { ex.Respond(200, "application/json", body) }, benchRequest, 1024, 0},
		{"serve=respond", by(respond), benchRequest, 1024, 0},
		{"serve=cached", by(cached), benchRequest, 1024, 0},
		{"serve=echo", by(echoService{}), benchPost + "1024\r\n\r\n" + string(body), 1024, 0},
		{"serve=echo20k", by(echoService{}), benchPost + "20000\r\n\r\n" + string(large), 20_000, 0},
		{"serve=context", by(contextService{}), benchPost + "1024\r\n\r\n" + string(body), 1024, 8},
	}
}

func BenchmarkService(b *testing.B) {
	for _, x := range services() {
		b.Run(x.name, func(b *testing.B) {
			exchange := served(b, x.begin, x.request, x.size)
			exchange()
			b.ReportAllocs()
			for b.Loop() {
				exchange()
			}
		})
	}
}

// TestServiceAllocates keeps services free of garbage. The bound leaves room
// for the race detector, under which pools forget on purpose.
func TestServiceAllocates(t *testing.T) {
	for _, x := range services() {
		t.Run(x.name, func(t *testing.T) {
			exchange := served(t, x.begin, x.request, x.size)
			exchange()
			if n := testing.AllocsPerRun(200, exchange); n > x.allocs+5 {
				t.Errorf("%v allocations per exchange", n)
			}
		})
	}
}
