//go:build unix

package postgres

import (
	"context"
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

func TestTemplate(t *testing.T) {
	made := 0
	template := NewTemplate(func(ctx context.Context, url string) error {
		made++
		return Execute(ctx, url, "CREATE TABLE things AS SELECT 'a' AS x")
	})
	first, second := template.Start(t), template.Start(t)
	if first == second || made != 1 {
		t.Fatalf("the template is made %d times, the copies are %s and %s", made, first, second)
	}
	if err := Execute(t.Context(), first, "DROP TABLE things"); err != nil {
		t.Fatal(err)
	}
	if err := Execute(t.Context(), second, "SELECT x FROM things"); err != nil {
		t.Errorf("what a test does to its copy, another one sees: %v", err)
	}
}
