//go:build unix

package clickhouse

import "testing"

func TestStart(t *testing.T) {
	first, second := Start(t), Start(t)
	if first.Name == second.Name {
		t.Fatal("two tests share a database")
	}
	if got := first.Execute(t, "CREATE TABLE things (x String) ENGINE = Memory", "SELECT count() FROM things"); got != "0\n" {
		t.Fatalf("an empty table has %q rows", got)
	}
	second.Execute(t, "CREATE TABLE things (x String) ENGINE = Memory")
}
