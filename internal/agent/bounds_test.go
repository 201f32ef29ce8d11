package agent

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
	"github.com/gatewright/gatewright/internal/link"
)

// idle is a runtime that takes everything.
type idle struct{ open int }

func (i *idle) Prepare(gateway.Update) (Candidate, []gatewright.Rejection) {
	i.open++
	return &idleCandidate{of: i}, nil
}

func (*idle) Commit(Candidate, int64) error { return nil }

func (*idle) Apply(gateway.Update, int64) []gatewright.Rejection { return nil }

func (*idle) TakeUsage(int) []gatewright.Usage { return nil }

type idleCandidate struct {
	of   *idle
	over bool
}

func (c *idleCandidate) Discard() {
	if !c.over {
		c.over = true
		c.of.open--
	}
}

func newIdle(t *testing.T) (*Agent, *idle) {
	t.Helper()
	rt := &idle{}
	a, err := New(Config{Servers: []string{"http://127.0.0.1:1"}, Token: func() (string, error) { return "x", nil }, Name: "n", DataDir: t.TempDir()}, rt)
	if err != nil {
		t.Fatal(err)
	}
	a.running.configured, a.running.digest = true, gatewright.NoEntries
	return a, rt
}

func TestCandidatesAreBounded(t *testing.T) {
	a, rt := newIdle(t)
	for i := range 3 * maxCandidates {
		a.prepare(t.Context(), &link.Message{Type: link.MessagePrepare, Change: gatewright.ChangeID(fmt.Sprint("chg_", i)), Deletes: []gatewright.Key{"slot/x/v1"}})
	}
	if rt.open != maxCandidates || len(a.candidates) != maxCandidates {
		t.Errorf("%d candidates are open, %d are kept; the limit is %d", rt.open, len(a.candidates), maxCandidates)
	}
	r, heard := a.report(&link.JoinResponse{})
	if len(r.Prepared) != maxCandidates || r.Prepared[0].Change != gatewright.ChangeID(fmt.Sprint("chg_", 2*maxCandidates)) {
		t.Errorf("answers %+v", r.Prepared)
	}
	heard()
	if r, _ := a.report(&link.JoinResponse{}); len(r.Prepared) > 0 {
		t.Errorf("what was heard is said again: %+v", r.Prepared)
	}
	last := &link.Message{Type: link.MessagePrepare, Change: r.Prepared[3].Change, Deletes: []gatewright.Key{"slot/x/v1"}}
	a.prepare(t.Context(), last) // asked again: the answer was lost
	if r, _ := a.report(&link.JoinResponse{}); len(r.Prepared) != 1 || rt.open != maxCandidates {
		t.Errorf("asked again it answers %+v, with %d candidates", r.Prepared, rt.open)
	}
	last.Generation = 7 // of something that does not run here
	a.prepare(t.Context(), last)
	if rt.open != maxCandidates {
		t.Errorf("%d candidates are open", rt.open)
	}
	a.release(func(*candidate) bool { return true })
	if rt.open != 0 {
		t.Errorf("%d candidates are left", rt.open)
	}
}

// The longest report there can be is far below what the control plane takes.
func TestReportIsBounded(t *testing.T) {
	a, _ := newIdle(t)
	worst := strings.Repeat("\x01", 10*link.MaxTextBytes) // six bytes each in JSON
	many := make([]gatewright.Rejection, 3*link.MaxRejections)
	for i := range many {
		many[i] = gatewright.Rejection{Key: gatewright.Key(strings.Repeat("k", 300)), Hash: gatewright.HashBytes(nil), Reason: worst}
	}
	a.public.rejections = many
	for _, topic := range []topic{topicDamage, topicDisk, topicIdentity, topicNotice, topicRefused} {
		a.public.warnings[topic] = worst
	}
	for i := range maxCandidates {
		a.add(&candidate{change: gatewright.ChangeID(fmt.Sprint(i)), answer: link.Prepared{Rejections: many}})
	}
	r, _ := a.report(&link.JoinResponse{})
	body, err := json.Marshal(r)
	if err != nil || len(body) > link.MaxReportBytes/2 {
		t.Errorf("a report of %d bytes, %v", len(body), err)
	}
	if len(r.Rejections) != link.MaxRejections || r.Unlisted != 2*link.MaxRejections || len(r.Warnings) > link.MaxWarnings || len(r.Prepared) > link.MaxPrepared {
		t.Errorf("%d rejections, %d warnings, %d answers", len(r.Rejections), len(r.Warnings), len(r.Prepared))
	}
	if a.public.rejections[0].Reason != worst {
		t.Error("what is kept was cut, not only what is said")
	}
}

func TestClip(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		limit      int
		want       string
	}{
		{"short", "abc", 3, "abc"},
		{"long", "abcdefgh", 7, "abcd…"},
		{"within a character", "aäöü€€€€", 8, "aää…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := clip(tt.text, tt.limit)
			if len(got) > tt.limit || !utf8.ValidString(got) || tt.name != "within a character" && got != tt.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestReadLine(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	for _, tt := range []struct {
		name, text string
		want       string
		err        error
	}{
		{"line", "a\nb", "a\n", nil},
		{"longer than the buffer", long + "\n", long + "\n", nil},
		{"end", "", "", io.EOF},
		{"broken off", "abc", "", io.ErrUnexpectedEOF},
		{"broken off in a long line", long, "", io.ErrUnexpectedEOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readLine(bufio.NewReader(strings.NewReader(tt.text)))
			if string(got) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
		})
	}
	t.Run("endless", func(t *testing.T) {
		if _, err := readLine(bufio.NewReader(endless{})); gatewright.CodeOf(err) != gatewright.LimitExceeded {
			t.Errorf("got %v", err)
		}
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestBackoff(t *testing.T) {
	const lowest, highest = 100 * time.Millisecond, 5 * time.Second
	for attempt := range 100 {
		want := highest
		if attempt < 6 {
			want = min(highest, lowest<<attempt)
		}
		for range 20 {
			if d := backoff(attempt, lowest, highest); d < want/2 || d > want {
				t.Fatalf("attempt %d waits %s; want %s to %s", attempt, d, want/2, want)
			}
		}
	}
}

func TestConfig(t *testing.T) {
	token := func() (string, error) { return "", nil }
	for _, tt := range []struct {
		name string
		cfg  Config
		say  string
	}{
		{"no server", Config{Token: token, DataDir: "d", Name: "n"}, "0 control plane URLs"},
		{"too many", Config{Servers: make([]string, maxServers+1), Token: token, DataDir: "d", Name: "n"}, "9 control plane URLs"},
		{"no URL", Config{Servers: []string{"localhost:8080"}, Token: token, DataDir: "d", Name: "n"}, "is not a URL"},
		{"no token", Config{Servers: []string{"http://x"}, DataDir: "d", Name: "n"}, "no instance token"},
		{"no directory", Config{Servers: []string{"http://x"}, Token: token, Name: "n"}, "no data directory"},
		{"no name", Config{Servers: []string{"http://x"}, Token: token, DataDir: "d"}, "name is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(tt.cfg, &idle{}); gatewright.CodeOf(err) != gatewright.Invalid || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// What a step does to what is wanted, what serves and what was rejected.
func TestSettle(t *testing.T) {
	a, b, c := gatewright.HashBytes([]byte("a")), gatewright.HashBytes([]byte("b")), gatewright.HashBytes([]byte("c"))
	type keys = map[gatewright.Key]gatewright.Hash
	r := running{rejections: map[gatewright.Key]gatewright.Rejection{}}
	r.Entries = keys{}
	step := func(alt alteration, rejected ...gatewright.Key) {
		var rejections []gatewright.Rejection
		for _, k := range rejected {
			rejections = append(rejections, gatewright.Rejection{Key: k, Hash: alt[k], Reason: "no"})
		}
		r.settle(alt, rejections)
		alt.on(r.Entries)
	}
	check := func(what string, runs keys, rejected int) {
		t.Helper()
		if got := r.Runs(); fmt.Sprint(got) != fmt.Sprint(runs) || len(r.rejections) != rejected {
			t.Errorf("%s: runs %v, want %v; %d rejections, want %d", what, got, runs, len(r.rejections), rejected)
		}
	}
	step(alteration{"x": a, "y": a}, "y")
	check("rejected from the beginning", keys{"x": a}, 1)
	step(alteration{"x": b}, "x")
	check("a new one is rejected", keys{"x": a}, 2)
	step(alteration{"x": c}, "x")
	check("and the next", keys{"x": a}, 2)
	if again := r.rejected(alteration{"x": b}); fmt.Sprint(again) != fmt.Sprint(alteration{"y": a}) {
		t.Errorf("to be tried again: %v", again)
	}
	step(alteration{"x": b})
	check("one is taken", keys{"x": b}, 1)
	step(alteration{"y": ""})
	check("the rejected one is not wanted any more", keys{"x": b}, 0)
	step(alteration{"x": ""}, "x")
	check("an end is rejected", keys{"x": b}, 1)
	if alt := r.toward(keys{"z": a}); fmt.Sprint(alt) != fmt.Sprint(alteration{"z": a, "x": ""}) {
		t.Errorf("toward another manifest: %v", alt)
	}
}
