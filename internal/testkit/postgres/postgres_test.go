//go:build unix

package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestStart(t *testing.T) {
	first, second := Start(t), Start(t)
	if first == second {
		t.Fatal("two tests share a database")
	}
	if err := Execute(t.Context(), first, "CREATE TABLE things (x text)"); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var tables int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables); err != nil || tables != 0 {
		t.Fatalf("%d tables in a fresh database, %v", tables, err)
	}
}
