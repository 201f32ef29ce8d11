package http1

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

const benchRequest = "GET /api/v1/pets?limit=20 HTTP/1.1\r\nHost: pets.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n" +
	"Accept: application/json\r\nAccept-Encoding: gzip, br\r\nAccept-Language: en\r\nAuthorization: Bearer 0123456789abcdef\r\nCookie: a=b; c=d\r\n\r\n"

func BenchmarkRequestHead(b *testing.B) {
	head := []byte(benchRequest)
	var h requestHead
	var ex exchange.Exchange
	b.SetBytes(int64(len(head)))
	b.ReportAllocs()
	for b.Loop() {
		ex.Header.Reset()
		n := headEnd(head, 0)
		if !h.parse(head[:n], fuzzLimits, false, &ex.Header).ok() || !h.resolve(&ex).ok() {
			b.Fatal("refused")
		}
	}
}

func BenchmarkResponseHead(b *testing.B) {
	head := []byte("HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 20:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 512\r\nServer: nginx\r\nCache-Control: no-store\r\n\r\n")
	var h responseHead
	var fields exchange.Header
	b.SetBytes(int64(len(head)))
	b.ReportAllocs()
	for b.Loop() {
		fields.Reset()
		if !h.parse(head, headLimits{bytes: maxResponseHead, fields: maxResponseFields}, &fields, 0).ok() {
			b.Fatal("refused")
		}
	}
}

type quiet struct{ endpoint *Endpoint }

func (q quiet) Begin(ex *exchange.Exchange)             { ex.Target.Endpoint = q.endpoint }
func (quiet) Repick(*exchange.Exchange) bool            { return false }
func (quiet) Response(*exchange.Exchange)               {}
func (quiet) Fail(*exchange.Exchange, exchange.Failure) {}
func (quiet) End(*exchange.Exchange)                    {}

// exchanger returns a function that has one exchange over loopback. Client,
// server and upstream are in this process, and of them only the server
// allocates if anybody does.
func exchanger(tb testing.TB, size int) func() {
	answer := []byte(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("x", size)))
	address := serveRaw(tb, func(nc net.Conn) {
		r := bufio.NewReader(nc)
		for {
			for {
				line, err := r.ReadSlice('\n')
				if err != nil {
					return
				}
				if len(line) == 2 {
					break
				}
			}
			if _, err := nc.Write(answer); err != nil {
				return
			}
		}
	})
	transport := NewTransport(TransportConfig{})
	tb.Cleanup(transport.Close)
	endpoint, err := transport.Acquire(EndpointConfig{Scheme: "http", Address: address})
	if err != nil {
		tb.Fatal(err)
	}
	server := NewServer(quiet{endpoint}, Config{})
	l := listen(tb)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l)
	}()
	tb.Cleanup(func() {
		_ = server.Shutdown(context.Background())
		<-served
	})
	c := dialRaw(tb, l.Addr().String())
	request := []byte(benchRequest)
	buf := make([]byte, len(answer)+1024)
	return func() {
		if _, err := c.Write(request); err != nil {
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

func BenchmarkExchange(b *testing.B) {
	for _, size := range []int{512, 100_000} {
		b.Run(fmt.Sprintf("response=%d", size), func(b *testing.B) {
			exchange := exchanger(b, size)
			exchange()
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				exchange()
			}
		})
	}
}

// TestExchangeAllocates keeps the hot path free of garbage. The bound leaves
// room for the race detector, under which pools forget on purpose.
func TestExchangeAllocates(t *testing.T) {
	exchange := exchanger(t, 512)
	exchange()
	if n := testing.AllocsPerRun(200, exchange); n > 5 {
		t.Errorf("%v allocations per exchange", n)
	}
}
