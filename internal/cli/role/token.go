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
	_, secret, err := makeAdminToken(ctx, p.control, p.actor())
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

// makeAdminToken makes an admin token called admin or, when that is somebody's
// login, by a name that can be nobody's: the way back in must not depend on it.
func makeAdminToken(ctx context.Context, c *control.Control, actor gatewright.Actor) (*gatewright.Token, string, error) {
	t, secret, err := c.CreateToken(ctx, actor, gatewright.TokenAdmin, "admin", "")
	if gatewright.CodeOf(err) == gatewright.Conflict {
		return c.CreateToken(ctx, actor, gatewright.TokenAdmin, "admin token", "")
	}
	return t, secret, err
}

func (p *ControlPlane) adminTokenFile() string { return filepath.Join(p.cfg.DataDir, AdminTokenFile) }

// actor is who does what nobody asked for.
func (p *ControlPlane) actor() gatewright.Actor {
	return gatewright.Actor{Name: "system", Client: "server"}
}

// ensureToken makes sure that the file holds a valid token of that kind: the
// one that is there, else a new one. name and group are an instance token's.
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
	if kind == gatewright.TokenAdmin {
		_, secret, err = makeAdminToken(ctx, p.control, p.actor())
	} else {
		_, secret, err = p.control.CreateToken(ctx, p.actor(), kind, name, group)
	}
	if err != nil {
		return fmt.Errorf("make a token: %w", err)
	}
	return secretfile.Replace(file, secret)
}
