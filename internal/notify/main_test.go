package notify_test

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is the time by the clock of tests.
var now = time.UnixMilli(1790000000123).UTC()

// vault holds secrets.
type vault map[string]string

// Secret implements notify.Secrets.
func (v vault) Secret(_ context.Context, reference string) (string, error) {
	if s, ok := v[reference]; ok {
		return s, nil
	}
	return "", errors.New("there is no such secret")
}

// received is a request a receiver got.
type received struct {
	path   string
	query  string
	header http.Header
	body   string
}

// receiver is a server that notifications are sent to. It answers with status,
// header and body.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	status int
	header http.Header
	body   string
}

func newReceiver(t *testing.T, status int, body string) *receiver {
	t.Helper()
	r := &receiver{status: status, body: body, header: http.Header{}}
	r.Server = httptest.NewTLSServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, received{req.URL.Path, req.URL.RawQuery, req.Header, string(body)})
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, r.body)
}

func (r *receiver) requests() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got
}

// trust returns a pool with the server's certificate.
func (r *receiver) trust() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(r.Certificate())
	return pool
}

// config is the configuration of most tests.
func config() notify.Config {
	return notify.Config{
		Secrets:       vault{"hook": vectorSecret, "lark": "lark-secret", "ding": "ding-secret", "empty": "", "mail": "pa55-word"},
		AllowLoopback: true, Version: "1.0.0", Clock: func() time.Time { return now },
	}
}

func courier(t *testing.T, c notify.Config) *notify.Courier {
	t.Helper()
	made, err := notify.NewCourier(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// delivery returns a delivery of a change that went live.
func delivery(r gatewright.Receiver) *gatewright.Delivery {
	r.ID, r.Name, r.Enabled = "rcv_1", "test", true
	return &gatewright.Delivery{
		ID: "dlv_1", Receiver: &r, State: gatewright.DeliveryPending, Attempts: 1,
		Notification: &gatewright.Notification{
			ID: "ntf_1", Event: gatewright.EventLive, At: now, Subject: "Pets <1.2.0>", Actor: "ada & bob",
			Link: "https://gw.example.com/changes/chg_1?a=b&c=d|e", API: "api_1", APIName: "Pets", Track: "v1",
			Group: "grp_1", GroupName: "Production", Change: "chg_1",
			Recipients: []gatewright.Recipient{{Name: "ada", Address: "ada@example.com"}},
			Data:       map[string]string{"kind": "publish", "from": "1.1.0"},
		},
	}
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update writes it):\n%s", path, got)
	}
}
