package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Migrations go forward only. A released file is never edited. Each runs in
// one transaction together with the note that it ran, so that a process that
// is killed goes on where it was; so none may say NO TRANSACTION.
//
//go:embed migrations
var migrations embed.FS

// versionTable records the migrations that ran.
const versionTable = "schema_version"

func sqliteMigrations() (fs.FS, error) { return fs.Sub(migrations, "migrations/sqlite") }

func newProvider(d database.Dialect, db *sql.DB, files fs.FS, log *slog.Logger) (*goose.Provider, error) {
	p, err := goose.NewProvider(d, db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithSlog(log))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}

// migrate brings the schema up to date.
func migrate(ctx context.Context, d database.Dialect, db *sql.DB, files fs.FS, log *slog.Logger) error {
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
func newestSchema(d database.Dialect, db *sql.DB, files fs.FS, log *slog.Logger) (int64, error) {
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
