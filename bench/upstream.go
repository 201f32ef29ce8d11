package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

const (
	upstreamCommand = "upstream"
	bodyBytes       = 512
)

// serveUpstream answers every request with the same JSON of 512 bytes, as fast
// as can be: the upstream is not what is measured. It prints its address and
// serves until it is killed.
func serveUpstream() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(ln.Addr())
	body := `{"filler":"` + strings.Repeat("x", bodyBytes-13) + `"}`
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go answerAll(conn, answer)
	}
}

// answerAll counts heads by their end; the requests have no bodies.
func answerAll(conn net.Conn, answer []byte) {
	defer func() { _ = conn.Close() }()
	end := []byte("\r\n\r\n")
	buf := make([]byte, 0, 8192)
	for {
		n, err := conn.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return
		}
		buf = buf[:len(buf)+n]
		for {
			i := bytes.Index(buf, end)
			if i < 0 {
				break
			}
			buf = append(buf[:0], buf[i+len(end):]...)
			if _, err := conn.Write(answer); err != nil {
				return
			}
		}
	}
}
