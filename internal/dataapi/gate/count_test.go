package gate

import (
	"slices"
	"strings"
	"testing"
)

// TestClickHouseCount: what counts has placeholders of its own, without those
// of the limit, so that every value that is bound has its place.
func TestClickHouseCount(t *testing.T) {
	g := mustGate(t, shop(ClickHouse))
	s, err := g.Check("SELECT id FROM orders WHERE id = {p2:Int64} OR amount = {p2:Int64} OR status = {p3:String} LIMIT 5 OFFSET {p1:Int64}")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.SQL, "OFFSET {p1:Int64}") || !strings.Contains(s.Count.SQL, "`id` = {p1:Int64} OR `amount` = {p1:Int64} OR `status` = {p2:String}") {
		t.Errorf("%s\n%s", s.SQL, s.Count.SQL)
	}
	var bound []string
	for _, at := range s.Count.Params {
		bound = append(bound, s.Params[at])
	}
	if !slices.Equal(bound, []string{"p2", "p3"}) {
		t.Errorf("bound to it: %v", bound)
	}
}
