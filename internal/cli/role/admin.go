package role

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/secretfile"
	"github.com/gatewright/gatewright/internal/config"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/sqlstore"
)

// Rescue lets whoever owns the database back in: with a user it sets their
// password, enables them and makes them super admin; without, it makes a new
// admin token and revokes the others. It returns the file of the token. An
// SQLite database must have no control plane running on it.
type Rescue struct {
	Config   config.Server
	User     string // "" for an admin token
	Password string
	By       string // who does it, for the audit log
}

// Run does it.
func (r Rescue) Run(ctx context.Context, log *slog.Logger) (file string, err error) {
	store, err := r.open(ctx, log)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	c, err := control.New(ctx, store, control.Config{Log: log})
	if err != nil {
		return "", fmt.Errorf("look into the database: %w", err)
	}
	actor := gatewright.Actor{Name: r.By, Client: "admin"}
	if r.User != "" {
		_, err := c.Rescue(ctx, actor, r.User, r.Password)
		return "", err
	}
	return r.token(ctx, c, actor)
}

// open opens the database, which must be there: a new one rescues nobody.
func (r Rescue) open(ctx context.Context, log *slog.Logger) (*sqlstore.Store, error) {
	cfg, err := storeConfig(r.Config, log)
	if err != nil {
		return nil, err
	}
	if cfg.Path != "" {
		if _, err := os.Stat(cfg.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, gatewright.Errorf(gatewright.NotFound, "there is no database at %s; name the control plane's data directory with --data-dir", cfg.Path)
		}
	}
	store, err := sqlstore.Open(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return store, nil
}

// token makes another admin token and revokes those there were: whoever has
// one of them may be why this is needed.
func (r Rescue) token(ctx context.Context, c *control.Control, actor gatewright.Actor) (string, error) {
	old, err := c.Tokens(ctx)
	if err != nil {
		return "", err
	}
	made, secret, err := makeAdminToken(ctx, c, actor)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(r.Config.DataDir, 0o700); err != nil {
		return "", fmt.Errorf("make the data directory: %w", err)
	}
	file := filepath.Join(r.Config.DataDir, AdminTokenFile)
	if err := secretfile.Replace(file, secret); err != nil {
		return "", errors.Join(err, c.RevokeToken(ctx, actor, made.ID))
	}
	for _, t := range old {
		if t.Kind != gatewright.TokenAdmin || !t.RevokedAt.IsZero() {
			continue
		}
		if err := c.RevokeToken(ctx, actor, t.ID); err != nil {
			return "", err
		}
	}
	return file, nil
}
