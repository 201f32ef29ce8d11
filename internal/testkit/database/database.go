package database

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gatewright/gatewright/internal/sqlstore"
)

// Empty puts a database at path, in which nothing is but the schema.
func Empty(t testing.TB, path string) {
	t.Helper()
	body, err := empty()
	if err == nil {
		err = os.WriteFile(path, body, 0o600)
	}
	if err != nil {
		t.Fatalf("make an empty database: %v", err)
	}
}

// empty is the database that all others are copies of. It is made by the first
// test that wants one.
var empty = sync.OnceValues(func() (body []byte, err error) {
	dir, err := os.MkdirTemp("", "gatewright-database-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "empty.db")
	store, err := sqlstore.Open(context.Background(), sqlstore.Config{Path: path, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	// What is still in the log beside the file goes into it now.
	if err := store.Close(); err != nil {
		return nil, fmt.Errorf("close: %w", err)
	}
	return os.ReadFile(path)
})
