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
)

// AdminTokenFile is the name of the file, in the data directory, that the
// first start writes the admin token to.
const AdminTokenFile = "admin-token"

// ensureAdminToken makes the first admin token. An installation that has one
// already is left alone, also when its file is gone: somebody has put the
// token where it is safer.
func (p *ControlPlane) ensureAdminToken(ctx context.Context) error {
	tokens, err := p.control.Tokens(ctx)
	if err != nil {
		return fmt.Errorf("look for an admin token: %w", err)
	}
	for _, t := range tokens {
		if t.Kind == gatewright.TokenAdmin && t.RevokedAt.IsZero() {
			return nil
		}
	}
	return p.NewAdminToken(ctx)
}

// NewAdminToken makes an admin token and writes it to its file, whatever is
// there. Whoever can do this owns the database.
func (p *ControlPlane) NewAdminToken(ctx context.Context) error {
	_, secret, err := p.control.CreateToken(ctx, p.actor(), gatewright.TokenAdmin, "admin", "")
	if err != nil {
		return fmt.Errorf("make an admin token: %w", err)
	}
	name := p.adminTokenFile()
	if err := secretfile.Replace(name, secret); err != nil {
		return err
	}
	p.log.Info("a new admin token is written", slog.String("file", name))
	return nil
}

func (p *ControlPlane) adminTokenFile() string { return filepath.Join(p.cfg.DataDir, AdminTokenFile) }

// actor is who does what nobody asked for.
func (p *ControlPlane) actor() gatewright.Actor {
	return gatewright.Actor{Name: "system", Client: "server"}
}

// ensureToken makes sure that the file holds a valid token of that kind: the
// one that is there, else a new one.
func (p *ControlPlane) ensureToken(ctx context.Context, file string, kind gatewright.TokenKind, name, group string) error {
	secret, err := config.ReadToken(file)
	if err == nil {
		_, err = p.control.Authenticate(ctx, kind, secret)
		if err == nil {
			return nil
		}
	}
	if gatewright.CodeOf(err) != gatewright.Unauthenticated && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("make the directory of a token: %w", err)
	}
	_, secret, err = p.control.CreateToken(ctx, p.actor(), kind, name, group)
	if err != nil {
		return fmt.Errorf("make a token: %w", err)
	}
	return secretfile.Replace(file, secret)
}
