package http1

import (
	"bufio"
	"bytes"
	"net"
	"testing"
)

// scriptUpstream calls answer for each request, n counting them per
// connection from 0, and closes the connection when it returns false.
func scriptUpstream(t testing.TB, answer func(nc net.Conn, n int) bool) *upstream {
	u := &upstream{}
	u.address = serveRaw(t, func(nc net.Conn) {
		u.mu.Lock()
		u.conns++
		u.mu.Unlock()
		r := bufio.NewReader(nc)
		for n := 0; ; n++ {
			raw, err := readRequest(r)
			if err != nil {
				return
			}
			u.mu.Lock()
			u.seen = append(u.seen, raw)
			u.mu.Unlock()
			if !answer(nc, n) {
				return
			}
		}
	})
	return u
}

// peekHead returns the next response's head without consuming it.
func (c *client) peekHead() (string, error) {
	for n := 1; ; n++ {
		if _, err := c.r.Peek(n); err != nil {
			return "", err
		}
		n = max(n, c.r.Buffered()-1)
		b, _ := c.r.Peek(c.r.Buffered())
		if i := bytes.Index(b, []byte("\r\n\r\n")); i >= 0 {
			return string(b[:i+4]), nil
		}
	}
}
