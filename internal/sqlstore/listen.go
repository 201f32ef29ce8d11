package sqlstore

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

const (
	// channel is what updates with events notify.
	channel = "gatewright_events"

	// pollInterval is how often events are looked for without being notified:
	// a proxy between here and the server may keep notifications back.
	pollInterval = time.Second

	// maxPause bounds the time between attempts to connect again.
	maxPause = 5 * time.Second
)

// listener hears of the events that other processes append.
type listener struct {
	config *pgx.ConnConfig
	heard  func()
	log    *slog.Logger
	last   int64 // newest event that heard was called for
	cancel context.CancelFunc
	done   chan struct{}
}

// listen calls heard soon after each update with events newer than last, until
// stop. It keeps one connection for that and makes it again when it is lost;
// ctx gives its values only.
func listen(ctx context.Context, config *pgx.ConnConfig, last int64, heard func(), log *slog.Logger) *listener {
	config = config.Copy()
	// The deadline of a wait ends the wait and not the connection.
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: conn.Conn()}
	}
	l := &listener{config: config, heard: heard, log: log, last: last, done: make(chan struct{})}
	ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go l.run(ctx)
	return l
}

// stop ends the listener and waits for it.
func (l *listener) stop() {
	l.cancel()
	<-l.done
}

func (l *listener) run(ctx context.Context) {
	defer close(l.done)
	pause := firstPause
	for {
		began := time.Now()
		err := l.connected(ctx)
		if ctx.Err() != nil {
			return
		}
		l.log.LogAttrs(ctx, slog.LevelWarn, "listening for events was interrupted", slog.Any("error", explainPostgres(err)))
		if time.Since(began) > maxPause {
			pause = firstPause
		}
		if !wait(ctx, pause) {
			return
		}
		pause = min(2*pause, maxPause)
	}
}

// connected listens on one connection until it is lost or ctx ends.
func (l *listener) connected(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, l.config)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
		defer cancel()
		_ = conn.Close(ctx) // it is given up either way
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		if err := l.look(ctx, conn); err != nil {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, pollInterval)
		_, err := conn.WaitForNotification(waiting)
		cancel()
		if err != nil && (ctx.Err() != nil || waiting.Err() == nil) {
			return err
		}
	}
}

// newestEvent reads the number of the newest event.
const newestEvent = "SELECT coalesce(max(seq), 0) FROM events"

// look calls heard when there are events that it was not called for.
func (l *listener) look(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, maxStatement)
	defer cancel()
	var newest int64
	if err := conn.QueryRow(ctx, newestEvent).Scan(&newest); err != nil {
		return err
	}
	if newest > l.last {
		l.heard()
		l.last = newest
	}
	return nil
}
