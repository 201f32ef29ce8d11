package http1

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

var fuzzLimits = headLimits{bytes: DefaultMaxHeadBytes, target: DefaultMaxTargetBytes, fields: DefaultMaxFields}

// FuzzRequestHead: what is accepted and written for the upstream has the same
// method, target, host and fields for net/http.
func FuzzRequestHead(f *testing.F) {
	for _, s := range []string{
		get(""), get("A: b\r\nC:d\r\n"), post("Content-Length: 5\r\n", ""), post("Transfer-Encoding: chunked\r\n", ""),
		"GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a/../b/%7e HTTP/1.0\r\n\r\n",
		get("Connection: close, a\r\nA: b\r\n"), get("A: b\r\n c\r\n"), "GET / HTTP/1.1\nHost: h\n\n", get("X_Forwarded_For: a\r\n"),
	} {
		f.Add([]byte(s))
	}
	c := &conn{server: NewServer(&handler{}, Config{}), remoteText: "127.0.0.1", portText: "80"}
	f.Fuzz(func(t *testing.T, head []byte) {
		n := headEnd(head, 0)
		if n < 0 {
			_ = checkPartial(head, 0)
			return
		}
		head = head[:n]
		w := getWork()
		defer w.release()
		c.w = w
		w.ex.Reset()
		ex := &w.ex
		if !w.request.parse(head, fuzzLimits, false, &ex.Header).ok() || !w.request.resolve(ex).ok() {
			return
		}
		if !w.body.begin(w.request.framing, -1).ok() {
			t.Fatal("an unlimited body was refused")
		}
		if r := checkPartial(head, 0); !r.ok() {
			t.Fatalf("accepted, but refused while it arrives: %s", r.detail)
		}
		c.identify()
		ex.Target = exchange.Target{Path: ex.Path, Query: ex.Query, HasQuery: ex.HasQuery, Host: ex.RawHost}
		out := c.appendRequestHead(nil, &Endpoint{config: EndpointConfig{Address: "h:80"}}, false)
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(out)))
		if err != nil {
			t.Fatalf("net/http refuses %q: %v", out, err)
		}
		target := ex.Path
		if ex.HasQuery {
			target += "?" + ex.Query
		}
		if req.Method != ex.Method || req.RequestURI != target || ex.RawHost != "" && req.Host != ex.RawHost {
			t.Fatalf("%q became %s %s %s", head, req.Method, req.RequestURI, req.Host)
		}
		sent := map[string][]string{}
		ex.Header.Each(func(name, value string) bool {
			key := http.CanonicalHeaderKey(name)
			sent[key] = append(sent[key], value)
			return true
		})
		for name, values := range req.Header {
			if strings.HasPrefix(name, "X-Forwarded-") || name == "X-Request-Id" || name == "Content-Length" || name == "Connection" || name == "Upgrade" {
				continue
			}
			if strings.Join(values, "\x00") != strings.Join(sent[name], "\x00") {
				t.Fatalf("field %s is %q, was %q", name, values, sent[name])
			}
			delete(sent, name)
		}
		if len(sent) > 0 {
			t.Fatalf("fields lost: %v", sent)
		}
		if chunked := len(req.TransferEncoding) > 0; chunked != (w.body.kind == bodyChunked) || !chunked && req.ContentLength != w.body.left {
			t.Fatalf("framing differs: %v %d", req.TransferEncoding, req.ContentLength)
		}
	})
}

// FuzzResponseHead: what is accepted has the same status, framing and fields
// for net/http.
func FuzzResponseHead(f *testing.F) {
	for _, s := range []string{
		okResponse, "HTTP/1.1 200\r\n\r\n", "HTTP/1.0 404 Not Found\r\nA: b\r\nA: c\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close, A\r\nA: b\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		n := headEnd(head, 0)
		if n < 0 {
			return
		}
		head = head[:n]
		var h responseHead
		var fields exchange.Header
		if r := h.parse(head, headLimits{bytes: maxResponseHead, fields: maxResponseFields}, &fields, 0); !r.ok() {
			return
		}
		res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), &http.Request{Method: "GET"})
		if err != nil {
			t.Fatalf("net/http refuses %q: %v", head, err)
		}
		if res.StatusCode != h.status {
			t.Fatalf("status %d, net/http reads %d", h.status, res.StatusCode)
		}
		var rp reply
		rp.begin(&h, "GET")
		if h.status >= 200 && h.status != 204 && h.status != 304 {
			switch {
			case rp.body.kind == bodyLength && res.ContentLength != rp.body.left,
				rp.body.kind == bodyChunked && len(res.TransferEncoding) == 0,
				rp.body.kind == bodyToEnd && (res.ContentLength != -1 || len(res.TransferEncoding) > 0):
				t.Fatalf("framing %d %d, net/http reads %d %v", rp.body.kind, rp.body.left, res.ContentLength, res.TransferEncoding)
			}
		}
		fields.Each(func(name, value string) bool {
			found := false
			for _, v := range res.Header.Values(name) {
				found = found || v == value
			}
			if !found {
				t.Fatalf("field %s: %q is not there for net/http", name, value)
			}
			return true
		})
	})
}
