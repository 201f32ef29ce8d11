package storetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// The child process is told by its environment where its store is and after
// which line it writes it is to stand still, "" for never.
const (
	crashDir  = "GATEWRIGHT_STORETEST_DIR"
	crashHalt = "GATEWRIGHT_STORETEST_HALT"
)

// How much one update of the child writes.
const (
	crashParts   = 5
	crashEntries = 300 // of the manifest: more than one statement or page takes
)

// testCrash kills a process at several points of its updates. All that it had
// said was done is there afterwards, and nothing half.
func testCrash(t *testing.T, open Opener) {
	points := []struct {
		name string
		kill string // the line at which the child is killed
		halt bool   // it stands still there; else it goes on until the signal comes
	}{
		{"before the first write", "1 part 0", true},
		{"after one write", "3 part 1", true},
		{"after all writes", "3 part 5", true},
		{"right after commit", "4 done", true},
		{"while it goes on", "5 done", false},
		{"while it goes on, in an update", "7 part 3", false},
		{"while it goes on for long", "12 part 2", false},
	}
	for _, p := range points {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s := newSuite(t, open)
			s.ok(s.store.Close())
			done, begun := s.runAndKill(t, p.kill, p.halt)
			s.openStore()
			s.verifyCrash(done, begun, p.halt)
			// What was killed can go on, and be killed again.
			s.ok(s.store.Close())
			more, begun := s.runAndKill(t, strconv.Itoa(begun+3)+" part 2", false)
			s.openStore()
			s.verifyCrash(max(done, more), begun, false)
		})
	}
}

// runAndKill returns the last update that the child said was done, and the
// last it began.
func (s *suite) runAndKill(t *testing.T, kill string, halt bool) (done, begun int) {
	var pattern []string
	root, _, _ := strings.Cut(t.Name(), "/killed_process")
	for _, part := range strings.Split(root, "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(part)+"$")
	}
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run="+strings.Join(pattern, "/"), "-test.count=1", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), crashDir+"="+s.dir, crashHalt+"=")
	if halt {
		cmd.Env[len(cmd.Env)-1] += kill
	}
	cmd.Stderr = os.Stderr
	_, err := cmd.StdinPipe() // stays open for as long as the child lives
	s.ok(err)
	out, err := cmd.StdoutPipe()
	s.ok(err)
	s.ok(cmd.Start())
	killed := false
	for lines := bufio.NewScanner(out); lines.Scan(); { // also what it wrote before the signal came
		n, state, _ := strings.Cut(lines.Text(), " ")
		i, err := strconv.Atoi(n)
		if err != nil {
			t.Logf("child: %s", lines.Text())
			continue
		}
		begun = max(begun, i)
		if state == "done" {
			done = max(done, i)
		}
		if lines.Text() == kill && !killed {
			killed = true
			s.ok(cmd.Process.Kill())
		}
	}
	if err := cmd.Wait(); !killed {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return done, begun
}

// verifyCrash checks every update of the child up to the last it began.
func (s *suite) verifyCrash(done, begun int, halted bool) {
	s.Helper()
	s.view(func(tx control.Tx) {
		for i := 1; i <= begun+1; i++ {
			n := crashFound(s, tx, i)
			switch {
			case i <= done && n != crashParts:
				s.Errorf("update %d was acknowledged; %d of its %d parts are there", i, n, crashParts)
			case n != 0 && n != crashParts:
				s.Errorf("update %d is there by half: %d of %d parts", i, n, crashParts)
			case i > done && n != 0 && halted:
				s.Errorf("update %d was not committed, yet it is there", i)
			}
		}
	})
}

func crashName(i int) string { return "crash-" + strconv.Itoa(i) }

// crashFound counts the parts of update i that are there.
func crashFound(s *suite, tx control.Tx, i int) (n int) {
	name := crashName(i)
	count := func(err error) {
		if err == nil {
			n++
		} else if gatewright.CodeOf(err) != gatewright.NotFound {
			s.Fatalf("read part of update %d: %v", i, err)
		}
	}
	a, err := tx.APIByName(name)
	count(err)
	if err == nil {
		count(oneError(tx.RevisionByNumber(a.ID, 1)))
	}
	g, err := tx.GroupByName(name)
	count(err)
	if err == nil {
		m := must(tx.Manifest(g.ID))(s)
		if len(m.Entries) == crashEntries && m.Generation == 1 {
			n++
		}
		count(oneError(tx.Blob(g.ID, hash(name))))
	}
	return n
}

// crashChild updates the store until it is killed, saying how far it is.
func crashChild(t *testing.T, open Opener, dir string) {
	store, err := open(t.Context(), dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	say := func(i int, format string, args ...any) {
		line := strconv.Itoa(i) + " " + fmt.Sprintf(format, args...)
		fmt.Println(line)
		if line == os.Getenv(crashHalt) {
			_, _ = io.Copy(io.Discard, os.Stdin) // stand still until killed, or left alone
			os.Exit(1)
		}
	}
	first := 1
	for ; ; first++ {
		err := store.View(t.Context(), func(tx control.Tx) error { return oneError(tx.APIByName(crashName(first))) })
		if err != nil {
			break
		}
	}
	for i := first; ; i++ {
		if err := store.Update(t.Context(), func(tx control.Tx) error {
			return crashUpdate(tx, i, func(part int) { say(i, "part %d", part) })
		}); err != nil {
			t.Fatal(err)
		}
		say(i, "done")
	}
}

func crashUpdate(tx control.Tx, i int, after func(part int)) error {
	name := crashName(i)
	api := gatewright.APIID(gatewright.NewID("api_", tx.Now()))
	group := gatewright.GroupID(gatewright.NewID("grp_", tx.Now()))
	d := upsert("blob", name)
	for k := range crashEntries - 1 {
		d.Upserts[gatewright.Key("k"+strconv.Itoa(k))] = hash(strconv.Itoa(k))
	}
	after(0)
	for part, write := range []func() error{
		func() error { return tx.CreateAPI(&gatewright.API{ID: api, Name: name}) },
		func() error {
			r := &gatewright.Revision{ID: gatewright.RevisionID(gatewright.NewID("rev_", tx.Now())), API: api}
			r.Definition.Document.Text = make([]byte, 100_000)
			return tx.CreateRevision(r)
		},
		func() error { return tx.CreateGroup(&gatewright.Group{ID: group, Name: name}) },
		func() error { return oneError(tx.ApplyDelta(group, d)) },
		func() error { return tx.PutBlob(hash(name), []byte(name)) },
	} {
		if err := write(); err != nil {
			return err
		}
		after(part + 1)
	}
	return nil
}
