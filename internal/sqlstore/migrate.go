package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"

	"github.com/gatewright/gatewright"
)

// Migrations are one set for all databases; doc.go of this package says how
// they are written.
//
//go:embed migrations/*.sql
var migrations embed.FS

// versionTable records the migrations that ran.
const versionTable = "schema_version"

// shipped returns the migrations of this build in the words of d.
func (d *dialect) shipped() (fs.FS, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return translated{files, d}, nil
}

func newProvider(d *dialect, db *sql.DB, files fs.FS, log *slog.Logger) (*goose.Provider, error) {
	p, err := goose.NewProvider(d.goose, db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithSlog(log))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}

// migrate brings the schema up to date.
func migrate(ctx context.Context, d *dialect, db *sql.DB, files fs.FS, log *slog.Logger) error {
	p, err := newProvider(d, db, files, log)
	if err != nil {
		return err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate schema: %w", err)
	}
	for _, m := range done {
		log.LogAttrs(ctx, slog.LevelInfo, "schema migrated", slog.Int64("version", m.Source.Version))
	}
	return nil
}

// newestSchema returns the schema version this build knows.
func newestSchema(d *dialect, db *sql.DB, files fs.FS, log *slog.Logger) (int64, error) {
	p, err := newProvider(d, db, files, log)
	if err != nil {
		return 0, err
	}
	sources := p.ListSources() // in order of version
	if len(sources) == 0 {
		return 0, fmt.Errorf("read migrations: there are none")
	}
	return sources[len(sources)-1].Version, nil
}

// checkVersion refuses a database whose schema, has, is newer than this build.
func checkVersion(d *dialect, db *sql.DB, has int64, log *slog.Logger) error {
	files, err := d.shipped()
	if err != nil {
		return err
	}
	knows, err := newestSchema(d, db, files, log)
	if err != nil {
		return err
	}
	if has > knows {
		return gatewright.Errorf(gatewright.PreconditionFailed, "a newer Gatewright has written it (its schema is %d, this one knows up to %d); run that version or a later one, or put back a backup from before the upgrade", has, knows)
	}
	return nil
}
