package storetest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// Opener opens the store that keeps its state in or under the name of dir: the
// same dir, the same state. dir exists.
type Opener func(ctx context.Context, dir string, clock func() time.Time) (control.Store, error)

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows a time in 2026.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)}
}

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Run runs the suite, each part on a store of its own and several at a time, so
// that open is called from several goroutines. One part kills a child
// process: the test binary, started again to run the test that calls Run; so
// that test should do little else before it.
func Run(t *testing.T, open Opener) {
	if dir := os.Getenv(crashDir); dir != "" {
		crashChild(t, open, dir)
		return
	}
	parts := []struct {
		name string
		test func(*suite)
	}{
		{"api", testAPI},
		{"api update", testAPIUpdate},
		{"api delete", testAPIDelete},
		{"api list", testAPIList},
		{"track", testTrack},
		{"revision", testRevision},
		{"revision head", testRevisionHead},
		{"slot runs", testSlotRuns},
		{"revision numbers", testRevisionNumbers},
		{"revision seal", testRevisionSeal},
		{"draft replaced", testReplaceDraft},
		{"revision delete", testRevisionDelete},
		{"revision lookup", testRevisionLookup},
		{"revision list", testRevisionList},
		{"version label", testVersionLabel},
		{"version binding", testVersionBinding},
		{"group", testGroup},
		{"group update", testGroupUpdate},
		{"group resource", testGroupResource},
		{"questions", testQuestions},
		{"slot", testSlot},
		{"claims", testClaims},
		{"many claims", testManyClaims},
		{"claims by head", testClaimsByHead},
		{"manifest", testManifest},
		{"manifest log", testManifestLog},
		{"manifest and deltas agree", testDeltaProperty},
		{"staged", testStaged},
		{"blob", testBlob},
		{"blob collection", testBlobCollection},
		{"change", testChange},
		{"change list", testChangeList},
		{"change history of a slot", testChangeHistory},
		{"outcome", testOutcome},
		{"idempotency", testIdempotency},
		{"configuration IDs", testConfigID},
		{"instance", testInstance},
		{"pins", testPins},
		{"what ran under a configuration ID", testConfigRuns},
		{"token", testToken},
		{"tokens of people", testTokenOwner},
		{"user", testUser},
		{"project", testProject},
		{"role binding", testRoleBinding},
		{"session", testSession},
		{"audit", testAudit},
		{"audit without gaps", testAuditRollback},
		{"audit filter", testAuditFilter},
		{"audit retention", testAuditDelete},
		{"audit of several at once", testAuditTogether},
		{"event", testEvent},
		{"event numbers", testEventNumbers},
		{"signals", testSignals},
		{"usage", testUsage},
		{"usage list", testUsageList},
		{"organisation", testOrganisation},
		{"policies of revisions", testPolicyTypes},
		{"shared flows and their callers", testFlows},
		{"data APIs and what they read", testData},
		{"secrets of group resources", testSecrets},
		{"what runs", testRunning},
		{"text that databases refuse", testUnstorable},
		{"one time in a transaction", testNow},
		{"folder", testFolder},
		{"tag group", testTagGroup},
		{"search", testSearch},
		{"search pages", testSearchPages},
		{"receiver", testReceiver},
		{"delivery", testDelivery},
		{"delivery list", testDeliveryList},
		{"delivery retention", testDeliveryRetention},
		{"announced once", testAnnounced},
		{"notification template", testTemplate},
		{"every field is kept", testEveryField},
		{"odd names", testOddNames},
		{"what is missing", testMissing},
		{"failed update leaves nothing", testRollback},
		{"panic leaves nothing", testPanic},
		{"cancellation leaves nothing", testCancel},
		{"view cannot write", testViewWrites},
		{"transaction after its end", testAfterEnd},
		{"updates exclude one another", testSerial},
		{"view is a snapshot", testSnapshot},
		{"close waits", testClose},
		{"state outlives the store", testReopen},
	}
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.test(newSuite(t, open))
		})
	}
	t.Run("killed process", func(t *testing.T) { testCrash(t, open) })
}

// suite is one part: a store and what helps to ask it.
type suite struct {
	*testing.T
	open  Opener
	dir   string
	clock *Clock
	store control.Store
	n     int // for identifiers
}

func newSuite(t *testing.T, open Opener) *suite {
	s := &suite{T: t, open: open, dir: filepath.Join(t.TempDir(), "store"), clock: NewClock()}
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s.openStore()
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func (s *suite) openStore() {
	s.Helper()
	store, err := s.open(s.Context(), s.dir, s.clock.Now)
	if err != nil {
		s.Fatalf("open: %v", err)
	}
	s.store = store
}

// reopen closes the store and opens it again.
func (s *suite) reopen() {
	s.Helper()
	if err := s.store.Close(); err != nil {
		s.Fatalf("close: %v", err)
	}
	s.openStore()
}

func (s *suite) update(f func(control.Tx)) {
	s.Helper()
	if err := s.store.Update(s.Context(), func(tx control.Tx) error { f(tx); return nil }); err != nil {
		s.Fatalf("update: %v", err)
	}
}

func (s *suite) view(f func(control.Tx)) {
	s.Helper()
	if err := s.store.View(s.Context(), func(tx control.Tx) error { f(tx); return nil }); err != nil {
		s.Fatalf("view: %v", err)
	}
}

// ok fails the test for an error.
func (s *suite) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("unexpected error: %v", err)
	}
}

// must unwraps a result that has to be there.
func must[T any](v T, err error) func(s *suite) T {
	return func(s *suite) T {
		s.Helper()
		s.ok(err)
		return v
	}
}

// fails checks the code of an error, and that its message names things.
func (s *suite) fails(err error, code gatewright.Code, names ...string) {
	s.Helper()
	if got := gatewright.CodeOf(err); got != code {
		s.Fatalf("error %v has code %q, want %q", err, got, code)
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			s.Errorf("error %q does not name %q", err, name)
		}
	}
}

// same compares what came back with what was stored.
func (s *suite) same(got, want any) {
	s.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		s.Fatalf("want (-), got (+):\n%s", diff)
	}
}
