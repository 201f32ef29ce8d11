//go:build unix

package dataapi_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
)

func param(name, field string, op gatewright.Operator) gatewright.DataParam {
	return gatewright.DataParam{Name: name, Field: field, Type: typeOf(field), Operator: op, Optional: true}
}

// TestOperators: every operator on every type gives the rows that an oracle
// in Go gives, through the wizard and through a script alike.
func TestOperators(t *testing.T) {
	eachBed(t, func(t *testing.T, b *bed) {
		values := map[string][]any{
			"qty":    {nil, 1, 0, json.Number("9007199254740993"), json.Number("9007199254740992"), json.Number("9223372036854775807")},
			"amount": {json.Number("1.5"), json.Number("1.500"), 0, -3, json.Number("99999999999999.99")},
			"name":   {"alpha", "", "50%", `50\%`, "a_b", `a\_b`, "%", "%a%", `back\\slash`, "x' OR '1'='1", "größe%", "____"},
			"day":    {"2024-01-01", "2024-02-29", "2025-01-01"},
			"region": {nil, "north", "nowhere"},
		}
		apis := map[string][2]*dataapi.API{}
		for field := range values {
			for _, op := range gatewright.Operators() {
				if typeOf(field) != gatewright.TypeString && strings.Contains(string(op), "LIKE") {
					continue
				}
				p := param("p", field, op)
				text := "SELECT id FROM orders WHERE " + field + " " + string(op) + " #{p} ORDER BY id"
				if strings.HasSuffix(string(op), "LIKE") { // the oracle's patterns have an escape
					text = ""
				}
				pair := [2]*dataapi.API{b.api(t, wizard("+id", p))}
				if text != "" {
					pair[1] = b.api(t, script(text, "id", p))
				}
				apis[field+" "+string(op)] = pair
			}
		}
		rapid.Check(t, func(rt *rapid.T) {
			field := rapid.SampledFrom([]string{"qty", "amount", "name", "day", "region"}).Draw(rt, "field")
			op := rapid.SampledFrom(gatewright.Operators()).Draw(rt, "operator")
			pair := apis[field+" "+string(op)]
			if pair[0] == nil {
				return
			}
			sent := rapid.SampledFrom(values[field]).Draw(rt, "value")
			if op == gatewright.OpIn || op == gatewright.OpNotIn {
				list := slices.DeleteFunc(rapid.SliceOfN(rapid.SampledFrom(values[field]), 0, 4).Draw(rt, "list"), func(v any) bool { return v == nil })
				sent = append([]any{}, list...)
			} else if sent == nil && op != gatewright.OpEqual && op != gatewright.OpNotEqual {
				return
			}
			body, _ := json.Marshal(map[string]any{"p": sent})
			var want []int64
			for _, o := range orders() {
				if o.matches(field, op, sent) {
					want = append(want, o.id)
				}
			}
			if got := ids(t, answer(t, pair[0], dataapi.Request{Call: query.Call{JSON: body}, Format: format.Array})); !slices.Equal(got, want) {
				rt.Fatalf("wizard %s %s %s: %v, want %v", field, op, body, got, want)
			}
			if pair[1] == nil || sent == nil { // a script says IS NULL by itself
				return
			}
			if got := ids(t, answer(t, pair[1], dataapi.Request{Call: query.Call{JSON: body}, Format: format.Array})); !slices.Equal(got, want) {
				rt.Fatalf("script %s %s %s: %v, want %v", field, op, body, got, want)
			}
		})
	})
}

func ids(t testing.TB, text string) []int64 {
	t.Helper()
	var rows []struct{ ID int64 }
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var out []int64
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

// matches is what the operators mean, worked out by hand.
func (o order) matches(field string, op gatewright.Operator, sent any) bool {
	cell := map[string]string{"qty": o.qty, "amount": o.amount, "name": o.name, "day": o.day, "region": o.region}[field]
	null := field == "qty" && cell == ""
	compare := func(v any) int {
		if field == "qty" || field == "amount" {
			a, _ := new(big.Rat).SetString(cell)
			b, _ := new(big.Rat).SetString(fmt.Sprint(v))
			return a.Cmp(b)
		}
		return strings.Compare(cell, v.(string))
	}
	if list, ok := sent.([]any); ok {
		if len(list) == 0 {
			return op == gatewright.OpNotIn
		}
		return !null && slices.ContainsFunc(list, func(v any) bool { return compare(v) == 0 }) == (op == gatewright.OpIn)
	}
	switch {
	case sent == nil:
		return null == (op == gatewright.OpEqual)
	case null:
		return false
	}
	switch op {
	case gatewright.OpEqual:
		return compare(sent) == 0
	case gatewright.OpNotEqual:
		return compare(sent) != 0
	case gatewright.OpGreater:
		return compare(sent) > 0
	case gatewright.OpLess:
		return compare(sent) < 0
	case gatewright.OpGreaterOrEqual:
		return compare(sent) >= 0
	case gatewright.OpLessOrEqual:
		return compare(sent) <= 0
	}
	return like([]rune(cell), []rune(sent.(string))) == (op == gatewright.OpLike)
}

// like matches character by character.
func like(s, pattern []rune) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	switch {
	case pattern[0] == '%':
		return like(s, pattern[1:]) || len(s) > 0 && like(s[1:], pattern)
	case pattern[0] == '_':
		return len(s) > 0 && like(s[1:], pattern[1:])
	case pattern[0] == '\\' && len(pattern) > 1:
		pattern = pattern[1:]
	}
	return len(s) > 0 && s[0] == pattern[0] && like(s[1:], pattern[1:])
}
