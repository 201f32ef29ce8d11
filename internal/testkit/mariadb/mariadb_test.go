//go:build unix

package mariadb

import "testing"

func TestStart(t *testing.T) {
	first, second := Start(t), Start(t)
	if first.Name == second.Name {
		t.Fatal("two tests share a database")
	}
	first.Execute(t, "CREATE TABLE things (x TEXT)")
	second.Execute(t, "CREATE TABLE things (x TEXT)")
}
