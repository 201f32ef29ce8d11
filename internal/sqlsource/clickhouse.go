package sqlsource

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
)

const (
	clickhousePort       = 8123
	clickhouseTLSPort    = 8443
	clickhouseModern     = 21       // the first major version with parameters and ISO times
	maxClickHouseError   = 16 << 10 // of an error's text, in bytes
	maxClickHouseMessage = 2 << 10  // of it that is passed on
	maxClickHouseURL     = 64 << 10 // of the parameters, in bytes: servers refuse more than 1 MiB, proxies earlier
)

// openClickHouse returns what opens sessions: connections of HTTP, of which
// each runs one statement at a time. No proxy is asked and no redirect
// followed.
func openClickHouse(config gatewright.SourceConfig, credentials Credentials, guard Guard) (func(context.Context) (session, error), error) {
	tlsConfig, err := tlsClient(config.TLS, config.Host, credentials)
	if err != nil {
		return nil, err
	}
	scheme, port := "https", orPort(config.Port, clickhouseTLSPort)
	if tlsConfig == nil {
		scheme, port = "http", orPort(config.Port, clickhousePort)
	}
	o := &clickhouseOpener{
		address:     url.URL{Scheme: scheme, Host: net.JoinHostPort(config.Host, strconv.Itoa(port)), Path: "/"},
		config:      config,
		limits:      limitsOf(config.Limits),
		credentials: credentials,
	}
	o.client = func() *http.Client {
		return &http.Client{
			Transport: &http.Transport{
				DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
					return guard.dial(ctx, config.Host, network, address, o.limits.ConnectTimeout)
				},
				TLSClientConfig:        tlsConfig.Clone(),
				TLSHandshakeTimeout:    o.limits.ConnectTimeout,
				DisableCompression:     true,
				MaxIdleConns:           1,
				MaxResponseHeaderBytes: 64 << 10,
				IdleConnTimeout:        o.limits.IdleTime,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return o.open, nil
}

// clickhouseOpener opens sessions with one server.
type clickhouseOpener struct {
	address     url.URL
	config      gatewright.SourceConfig
	limits      limits
	credentials Credentials
	client      func() *http.Client
}

func (o *clickhouseOpener) open(ctx context.Context) (session, error) {
	s := &clickhouseSession{opener: o, client: o.client()}
	s.life, s.end = context.WithCancel(context.Background())
	about, err := s.ask(ctx, "SELECT version(), timezone(), value FROM system.settings WHERE name = 'readonly' FORMAT TabSeparated")
	if err != nil {
		s.close()
		err.Reason = Unreachable
		return nil, err
	}
	words := strings.Split(strings.TrimSuffix(about, "\n"), "\t")
	if len(words) != 3 {
		s.close()
		return nil, fail(Unreachable, "what answers is not ClickHouse")
	}
	s.version, s.readonly = words[0], words[2]
	if s.zone, _ = time.LoadLocation(words[1]); words[1] == "" {
		s.zone = nil
	}
	major, _, _ := strings.Cut(s.version, ".")
	n, _ := strconv.Atoi(major) // not a number is not modern
	s.modern = n >= clickhouseModern
	return s, nil
}

// clickhouseSession runs statements one after the other.
type clickhouseSession struct {
	opener   *clickhouseOpener
	client   *http.Client
	version  string
	readonly string         // the account's: 0 may write, 1 reads and may set nothing, 2 reads
	zone     *time.Location // the server's; nil if it is not known here
	modern   bool

	life context.Context // of the connection
	end  context.CancelFunc

	mu      sync.Mutex
	queryID string // of the statement that runs
}

// ask returns the short answer to a statement of ours, without settings.
func (s *clickhouseSession) ask(ctx context.Context, statement string) (string, *Error) {
	response, err := s.post(ctx, nil, statement)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, readErr := io.ReadAll(io.LimitReader(response.Body, maxClickHouseError))
	if readErr != nil {
		return "", s.broken(readErr)
	}
	return string(text), nil
}

// post sends a statement. The response is one of success.
func (s *clickhouseSession) post(ctx context.Context, query url.Values, statement string) (*http.Response, *Error) {
	address := s.opener.address
	if query == nil {
		query = url.Values{}
	}
	if s.opener.config.Database != "" {
		query.Set("database", s.opener.config.Database)
	}
	address.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), strings.NewReader(statement))
	if err != nil {
		return nil, fail(Refused, "%v", err)
	}
	request.Header.Set("X-ClickHouse-User", s.opener.credentials.User)
	request.Header.Set("X-ClickHouse-Key", s.opener.credentials.Password)
	response, err := s.client.Do(request)
	if err != nil {
		return nil, s.broken(err)
	}
	if response.StatusCode == http.StatusOK {
		return response, nil
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, maxClickHouseError)) // as much as there is
	return nil, s.opener.refusal(response.StatusCode, string(text))
}

// broken returns the error of a connection, without the address it was for:
// that holds the arguments.
func (s *clickhouseSession) broken(err error) *Error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	message := err.Error()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		message = "the connection was closed"
	}
	return &Error{Reason: Broken, Message: s.opener.credentials.hide(message)}
}

var clickhouseCode = regexp.MustCompile(`Code: ([0-9]{1,6})[,.]`)

// refusal returns the error that a server's text tells.
func (o *clickhouseOpener) refusal(status int, text string) *Error {
	e := &Error{Reason: Refused, Message: strings.TrimSpace(text)}
	if len(e.Message) > maxClickHouseMessage {
		e.Message = e.Message[:maxClickHouseMessage] + "…"
	}
	e.Message = o.credentials.hide(e.Message)
	code := clickhouseCode.FindStringSubmatch(text)
	if code == nil {
		e.Reason = Unreachable
		e.Message = fmt.Sprintf("HTTP status %d, which ClickHouse does not give: %s", status, e.Message)
		return e
	}
	e.State = code[1]
	switch e.State {
	case "159", "160", "209", "394": // time, speed, socket time, cancelled
		e.Reason = TimedOut
	case "202": // too many statements at once
		e.Reason = Busy
	case "192", "193", "194", "516": // user, password
		e.Reason = Unreachable
	case "210", "236": // network, shutting down
		e.Reason = Broken
	case "396", "307": // too many rows or bytes
		e.Reason = TooLarge
	}
	return e
}

// settings returns what comes with a statement. An account that may set
// nothing gets nothing: its answers are read all the same.
func (s *clickhouseSession) settings(queryID string) url.Values {
	query := url.Values{"query_id": {queryID}, "default_format": {"JSONCompact"}}
	if s.readonly == "1" {
		return query
	}
	if s.readonly == "0" {
		query.Set("readonly", "2")
	}
	query.Set("max_execution_time", strconv.Itoa(int(math.Ceil(s.opener.limits.StatementTimeout.Seconds()))))
	query.Set("output_format_json_quote_64bit_integers", "0")
	query.Set("output_format_json_quote_denormals", "1")
	if s.modern {
		query.Set("date_time_output_format", "iso")
		query.Set("output_format_json_quote_decimals", "0")
		query.Set("cancel_http_readonly_queries_on_client_close", "1")
	}
	for name, value := range s.opener.config.Options {
		query.Set(name, value)
	}
	return query
}

func (s *clickhouseSession) query(_ context.Context, sql string, args []Arg) (cursor, error) {
	queryID, err := newQueryID()
	if err != nil {
		return nil, fail(Refused, "%v", err)
	}
	settings := s.settings(queryID)
	sql, err = bindClickHouse(sql, args, s.modern, settings)
	if err != nil {
		return nil, err
	}
	if s.modern && len(settings.Encode()) > maxClickHouseURL {
		return nil, fail(Refused, "the arguments take more than %d bytes", maxClickHouseURL)
	}
	s.mu.Lock()
	s.queryID = queryID
	s.mu.Unlock()
	response, failure := s.post(s.life, settings, sql)
	if failure != nil {
		return nil, failure
	}
	c := &clickhouseCursor{session: s, body: response.Body, stream: newCompactStream(response.Body, s.opener.limits.MaxBytes)}
	if err := c.describe(); err != nil {
		_ = response.Body.Close()
		return nil, err
	}
	return c, nil
}

func newQueryID() (string, error) {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return "", err
	}
	return "gatewright-" + hex.EncodeToString(id), nil
}

// interrupt ends the request, and has the server kill what it runs: old ones
// do not notice that nobody listens. An account that may not kill leaves it to
// the time limit.
func (s *clickhouseSession) interrupt() {
	s.mu.Lock()
	id := s.queryID
	s.mu.Unlock()
	s.end()
	if id == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), interruptGrace)
	defer cancel()
	killer := &clickhouseSession{opener: s.opener, client: s.opener.client()}
	defer killer.client.CloseIdleConnections()
	for range 3 { // what was sent a moment ago may not have begun
		killed, err := killer.ask(ctx, "KILL QUERY WHERE query_id = '"+id+"' ASYNC")
		if err != nil || strings.Contains(killed, id) {
			return
		}
		again := time.NewTimer(20 * time.Millisecond)
		select {
		case <-ctx.Done():
		case <-again.C:
		}
		again.Stop()
	}
}

func (s *clickhouseSession) close() {
	s.end()
	s.client.CloseIdleConnections()
}
