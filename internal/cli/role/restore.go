package role

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/config"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/sqlstore"
)

// Restore puts a backup in the place of the SQLite database of a control plane
// that does not run.
type Restore struct {
	Config config.Server
	Name   string // of the backup, for the audit log
	By     string // who does it, for the audit log
}

// Run does it and returns the path of the database. What is refused leaves the
// database as it is.
func (r Restore) Run(ctx context.Context, backup io.Reader, log *slog.Logger) (path string, err error) {
	where, err := storeConfig(r.Config, log)
	if err != nil {
		return "", err
	}
	if where.URL != "" {
		return "", gatewright.Errorf(gatewright.PreconditionFailed, "the state is in PostgreSQL, which has tools of its own: restore what pg_dump wrote with pg_restore --clean, while no control plane runs")
	}
	if err := os.MkdirAll(r.Config.DataDir, 0o700); err != nil {
		return "", fmt.Errorf("make the data directory: %w", err)
	}
	if err := sqlstore.Restore(ctx, backup, where.Path); err != nil {
		return "", err
	}
	store, err := sqlstore.Open(ctx, where)
	if err != nil {
		return "", fmt.Errorf("open the restored database: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	c, err := control.New(ctx, store, control.Config{Log: log})
	if err != nil {
		return "", fmt.Errorf("look into the restored database: %w", err)
	}
	return where.Path, c.Restored(ctx, gatewright.Actor{Name: r.By, Client: "admin"}, r.Name)
}
