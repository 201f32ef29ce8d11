package discover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// maxUDPSize is the size of UDP answers we accept: what passes through the
// internet unfragmented. Larger answers come by TCP.
const maxUDPSize = 1232

// errNoName says that the name asked for does not exist.
var errNoName = errors.New("the name does not exist (NXDOMAIN)")

// exchanger asks DNS servers.
type exchanger struct {
	timeout time.Duration // of one query to one server
}

// ask asks one server after the other until one answers. That a name does not
// exist is an answer too, [errNoName].
func (x *exchanger) ask(ctx context.Context, servers []string, name string, qtype uint16) (*dns.Msg, error) {
	q := new(dns.Msg)
	q.SetQuestion(name, qtype)
	q.SetEdns0(maxUDPSize, false)
	var failures []string
	for _, server := range servers {
		q.Id = dns.Id()
		r, err := x.askServer(ctx, server, q)
		if err == nil {
			return r, nil
		}
		failure := fmt.Errorf("ask %s for %s %s: %w", server, dns.TypeToString[qtype], name, err)
		if errors.Is(err, errNoName) || ctx.Err() != nil {
			return nil, failure
		}
		failures = append(failures, failure.Error())
	}
	if len(failures) == 0 {
		return nil, errors.New("no DNS server is configured")
	}
	return nil, errors.New(strings.Join(failures, "; "))
}

// askServer asks by UDP, and by TCP when the answer does not fit.
func (x *exchanger) askServer(ctx context.Context, server string, q *dns.Msg) (*dns.Msg, error) {
	r, err := x.exchange(ctx, "udp", server, q)
	if err == nil && r.Truncated {
		r, err = x.exchange(ctx, "tcp", server, q)
		if err == nil && r.Truncated {
			err = errors.New("the answer is truncated on TCP too")
		}
	}
	if err != nil {
		return nil, err
	}
	switch r.Rcode {
	case dns.RcodeSuccess:
		return r, nil
	case dns.RcodeNameError:
		return nil, errNoName
	}
	return nil, fmt.Errorf("the server answers %s", rcodeName(r.Rcode))
}

// exchange sends one query over a connection of its own, whose random port is
// part of what a forged answer would have to guess.
func (x *exchanger) exchange(ctx context.Context, network, server string, q *dns.Msg) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, x.timeout)
	defer cancel()
	client := dns.Client{Net: network, Timeout: x.timeout}
	conn, err := client.DialContext(ctx, server)
	if err != nil {
		return nil, x.cause(ctx, err)
	}
	defer conn.Close()
	// The client heeds ctx's deadline only, so a cancelled ctx closes the connection.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	r, _, err := client.ExchangeWithConnContext(ctx, q, conn)
	if err != nil {
		return nil, x.cause(ctx, err)
	}
	asked := q.Question[0]
	if !r.Response || len(r.Question) != 1 || r.Question[0].Qtype != asked.Qtype ||
		!strings.EqualFold(r.Question[0].Name, asked.Name) {
		return nil, errors.New("the answer is to another question")
	}
	return r, nil
}

// cause says what went wrong in words that are the same each time: without the
// query's own port.
func (x *exchanger) cause(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no answer within %s", x.timeout)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

func rcodeName(code int) string {
	if name, ok := dns.RcodeToString[code]; ok {
		return name
	}
	return fmt.Sprintf("code %d", code)
}
