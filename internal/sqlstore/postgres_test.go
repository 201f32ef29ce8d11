package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

func TestOpenRefusesPostgres(t *testing.T) {
	tests := []struct{ name, prepare, want string }{
		{"another program's", "CREATE TABLE things (x text)", "another program"},
		{"a newer schema", "CREATE TABLE schema_version (id int, version_id bigint, is_applied boolean, tstamp timestamp); INSERT INTO schema_version VALUES (1, 9999, true, now())", "newer Gatewright"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url := postgres.Start(t)
			for statement := range strings.SplitSeq(tt.prepare, "; ") {
				if err := postgres.Execute(t.Context(), url, statement); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Open(t.Context(), Config{URL: url})
			if gatewright.CodeOf(err) != gatewright.PreconditionFailed || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("returned %v", err)
			}
		})
	}
}

// TestSecretsStaySecret: whatever is wrong with an address, its password is
// not repeated.
func TestSecretsStaySecret(t *testing.T) {
	const secret = "hunter2"
	for _, url := range []string{
		"postgres://ann:hunter2@127.0.0.1:1/db", "postgres://ann:hunter2@127.0.0.1:port/db", "postgres://ann:hunter2@[/db", "postgres://ann:hun%ter2hunter2@h/db",
		"postgres://ann:hunter2@127.0.0.1:1/db?sslmode=hunter2", "host=127.0.0.1 port=1 password=hunter2", "postgres://ann@127.0.0.1:1/db?password=hunter2", "://ann:hunter2@h",
		"postgres://ann@127.0.0.1:1/db?password=hunter2&connect_timeout=hunter2",
	} {
		var log bytes.Buffer
		_, err := Open(t.Context(), Config{URL: url, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err == nil || strings.Contains(err.Error()+log.String(), secret) {
			t.Errorf("%s gave %v\n%s", url, err, log.String())
		}
	}
}

func TestConnections(t *testing.T) {
	for _, n := range []int{-1, MaxConnections + 1} {
		if _, err := Open(t.Context(), Config{Path: "unused", Connections: n}); gatewright.CodeOf(err) != gatewright.Invalid {
			t.Errorf("%d connections: %v", n, err)
		}
	}
	if _, err := Open(t.Context(), Config{Path: "unused", URL: "postgres://h/d"}); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("two databases at once: %v", err)
	}
}

// TestManyOpen starts many processes on a new database: one migrates it.
func TestManyOpen(t *testing.T) {
	url := postgres.Start(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := Open(t.Context(), Config{URL: url, Connections: 1})
			if err == nil {
				err = s.Close()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestCancelledStatement: what is no longer wanted ends at the server, too, and
// gives back the lock of updates.
func TestCancelledStatement(t *testing.T) {
	url := migrated.Start(t)
	s, other := openURL(t, url), openURL(t, url)
	for _, run := range []func(context.Context, func(control.Tx) error) error{s.Update, s.View} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := run(ctx, func(c control.Tx) error {
			_, err := c.(*tx).exists("SELECT 1 FROM pg_sleep(600)")
			return err
		})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("returned %v", err)
		}
	}
	for _, s := range []*Store{other, s} {
		if err := s.Update(t.Context(), func(tx control.Tx) error { return tx.AppendEvent(control.EventRow{}) }); err != nil {
			t.Errorf("after it: %v", err)
		}
	}
}

// TestStuckReplica: an update that another process keeps waiting gives up.
func TestStuckReplica(t *testing.T) {
	url := migrated.Start(t)
	s, other := openURL(t, url), openURL(t, url+"&lock_timeout=100")
	err := s.Update(t.Context(), func(control.Tx) error {
		return other.Update(t.Context(), func(control.Tx) error { t.Error("two updates at once"); return nil })
	})
	if gatewright.CodeOf(err) != gatewright.Unavailable || !strings.Contains(err.Error(), "busy") {
		t.Errorf("returned %v", err)
	}
}

func TestExplainPostgres(t *testing.T) {
	pg := func(code string) error { return fmt.Errorf("x: %w", &pgconn.PgError{Code: code, Message: "m"}) }
	tests := []struct {
		name    string
		err     error
		code    gatewright.Code
		passing bool
	}{
		{"serialisation", pg(codeSerialization), gatewright.Internal, true},
		{"deadlock", pg(codeDeadlock), gatewright.Internal, true},
		{"lock timeout", pg(codeLockTimeout), gatewright.Unavailable, false},
		{"statement timeout", pg(codeQueryCanceled), gatewright.Unavailable, false},
		{"disk full", pg(codeDiskFull), gatewright.Unavailable, false},
		{"too many clients", pg(codeManyClients), gatewright.Unavailable, false},
		{"standby", pg(codeReadOnly), gatewright.Unavailable, false},
		{"idle too long", pg(codeIdleTooLong), gatewright.Unavailable, false},
		{"no database", pg(codeNoDatabase), gatewright.PreconditionFailed, false},
		{"password", pg("28P01"), gatewright.PreconditionFailed, false},
		{"going down", pg("57P01"), gatewright.Unavailable, true},
		{"starting", pg("57P03"), gatewright.Unavailable, true},
		{"connection", pg("08006"), gatewright.Unavailable, true},
		{"defect", pg("42P01"), gatewright.Internal, false},
		{"cancelled", fmt.Errorf("x: %w", context.Canceled), gatewright.Internal, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := gatewright.CodeOf(explainPostgres(tt.err)); got != tt.code {
				t.Errorf("code %s", got)
			}
			if got := passingPostgres(tt.err); got != tt.passing {
				t.Errorf("passing %t", got)
			}
		})
	}
}

// TestDatabaseTime: without a clock of its own, a store has the server's.
func TestDatabaseTime(t *testing.T) {
	s := openURL(t, migrated.Start(t))
	for _, run := range []func(context.Context, func(control.Tx) error) error{s.Update, s.View} {
		before := time.Now().Add(-time.Minute) // the server is this machine's
		err := run(t.Context(), func(tx control.Tx) error {
			if now := tx.Now(); now.Before(before) || now.After(before.Add(time.Hour)) || now != tx.Now() || now.Location() != time.UTC {
				t.Errorf("the time is %s", now)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestBackupPostgres(t *testing.T) {
	s := openURL(t, migrated.Start(t))
	var b bytes.Buffer
	if err := s.Backup(t.Context(), &b); gatewright.CodeOf(err) != gatewright.Unavailable || !strings.Contains(err.Error(), "pg_dump") || b.Len() > 0 {
		t.Errorf("returned %v after %d bytes", err, b.Len())
	}
}
