package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify"
)

// maxHookBody bounds the messages that a script's webhook reads.
const maxHookBody = 1 << 20

// webhook receives notifications for a script.
type webhook struct {
	server *httptest.Server

	mu       sync.Mutex
	status   int // of the answers
	messages []hookMessage
	arrived  chan struct{} // holds one element
}

type hookMessage struct {
	signature string
	body      []byte
}

// cmdWebhook is "webhook NAME STATUS": a webhook that answers with STATUS, at
// the URL in the variable NAME. The second time, it only answers otherwise.
func cmdWebhook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: webhook NAME STATUS")
	}
	status := 0
	_, err := fmt.Sscanf(args[1], "%d", &status)
	ts.Check(err)
	hooks := hooksOf(ts)
	if h := hooks[args[0]]; h != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.status = status
		return
	}
	h := &webhook{status: status, arrived: make(chan struct{}, 1)}
	h.server = httptest.NewServer(h)
	ts.Defer(h.server.Close)
	hooks[args[0]] = h
	ts.Setenv(args[0], h.server.URL+"/hook")
}

type hooksKey struct{}

func hooksOf(ts *testscript.TestScript) map[string]*webhook {
	return ts.Value(hooksKey{}).(map[string]*webhook)
}

func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxHookBody))
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		h.messages = append(h.messages, hookMessage{r.Header.Get(notify.HeaderSignature), body})
	}
	w.WriteHeader(h.status)
	select {
	case h.arrived <- struct{}{}:
	default:
	}
}

// cmdHears is "hears NAME SECRET EVENT TEXT": the webhook receives a message of
// that event, signed with the secret, whose body holds the text.
func cmdHears(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: hears NAME SECRET EVENT TEXT")
	}
	h, secret, event, text := hooksOf(ts)[args[0]], args[1], args[2], args[3]
	timeout := time.After(patience)
	for {
		h.mu.Lock()
		messages := h.messages
		h.mu.Unlock()
		for _, m := range messages {
			ts.Check(notify.Verify(secret, m.signature, m.body, time.Now(), notify.DefaultTolerance))
			if err := notify.Verify(secret+"x", m.signature, m.body, time.Now(), notify.DefaultTolerance); err == nil {
				ts.Fatalf("another secret verifies, too")
			}
			var told struct{ Event gatewright.NotificationEvent }
			ts.Check(json.Unmarshal(m.body, &told))
			if string(told.Event) == event && strings.Contains(string(m.body), text) {
				fmt.Fprintf(ts.Stdout(), "%s\n", m.body)
				return
			}
		}
		select {
		case <-h.arrived:
		case <-timeout:
			ts.Fatalf("no message of %s with %q in %d messages", event, text, len(messages))
		}
	}
}
