package notify_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// mailServer is a small SMTP server on the loopback interface. It speaks to
// one client after the other.
type mailServer struct {
	address  string
	startTLS bool              // offered
	auth     string            // user:password, offered once the connection is encrypted
	answers  map[string]string // by the first word of a command, "." for the end of the data; instead of 250
	greeting string            // instead of 220
	cert     tls.Certificate
	roots    *x509.CertPool

	mu   sync.Mutex
	said []string // commands, except greetings and farewells
	mail []string // taken
}

// newMailServer returns a server, not yet started; implicit is TLS from the
// first byte.
func newMailServer(t *testing.T, implicit bool, configure func(s *mailServer)) *mailServer {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // of a certificate
	defer lender.Close()
	s := &mailServer{cert: lender.TLS.Certificates[0], roots: x509.NewCertPool(), answers: map[string]string{}}
	s.roots.AddCert(lender.Certificate())
	configure(s)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	if implicit {
		listener = tls.NewListener(listener, s.tls())
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.serve(conn, implicit)
			conn.Close()
		}
	})
	t.Cleanup(served.Wait)
	t.Cleanup(func() { listener.Close() })
	return s
}

func (s *mailServer) tls() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{s.cert}}
}

func (s *mailServer) serve(conn net.Conn, encrypted bool) {
	in := bufio.NewReader(conn)
	reply := func(text string) { fmt.Fprintf(conn, "%s\r\n", text) }
	reply(or(s.greeting, "220 test"))
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		command, argument, _ := strings.Cut(line, " ")
		s.note(line)
		switch {
		case s.answers[command] != "":
			reply(s.answers[command])
		case command == "EHLO":
			reply("250-test")
			if s.startTLS && !encrypted {
				reply("250-STARTTLS")
			}
			if s.auth != "" {
				reply("250-AUTH LOGIN PLAIN")
			}
			reply("250 8BITMIME")
		case command == "STARTTLS":
			reply("220 go on")
			secured := tls.Server(conn, s.tls())
			if secured.Handshake() != nil {
				return
			}
			conn, in, encrypted = secured, bufio.NewReader(secured), true
		case command == "AUTH":
			user, password, _ := strings.Cut(s.auth, ":")
			if want := base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password)); argument != "PLAIN "+want {
				reply("535 wrong: " + argument) // as careless servers say
				continue
			}
			reply("235 welcome")
		case command == "DATA":
			reply("354 go on")
			s.take(in)
			reply(or(s.answers["."], "250 taken"))
		case command == "QUIT":
			reply("221 bye")
			return
		default:
			reply("250 ok")
		}
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (s *mailServer) note(line string) {
	if strings.HasPrefix(line, "EHLO") || line == "QUIT" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, line)
}

func (s *mailServer) take(in *bufio.Reader) {
	var text strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			break
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail = append(s.mail, text.String())
}

func (s *mailServer) taken() (commands, mail []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said, s.mail
}
