package cli

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
)

func TestParseMatches(t *testing.T) {
	tests := []struct {
		name  string
		texts []string
		want  []gatewright.CanaryMatch // nil for an error
	}{
		{"none", []string{"none"}, []gatewright.CanaryMatch{}},
		{"one", []string{"header:version=test"}, []gatewright.CanaryMatch{{Source: "header", Name: "version", Values: []string{"test"}}}},
		{"alternatives", []string{"header:v=a", "app=x", "header:v=b"}, []gatewright.CanaryMatch{
			{Source: "header", Name: "v", Values: []string{"a", "b"}}, {Source: "app", Values: []string{"x"}},
		}},
		{"names of another case are another condition", []string{"query:v=a", "query:V=a"}, []gatewright.CanaryMatch{
			{Source: "query", Name: "v", Values: []string{"a"}}, {Source: "query", Name: "V", Values: []string{"a"}},
		}},
		{"value with signs", []string{"query:q=a=b:c,d"}, []gatewright.CanaryMatch{{Source: "query", Name: "q", Values: []string{"a=b:c,d"}}}},
		{"empty value", []string{"header:v="}, []gatewright.CanaryMatch{{Source: "header", Name: "v", Values: []string{""}}}},
		{"address", []string{"address=10.0.0.0/8", "address=::1"}, []gatewright.CanaryMatch{{Source: "address", Values: []string{"10.0.0.0/8", "::1"}}}},
		{"no value", []string{"header:v"}, nil},
		{"no name", []string{"header=v"}, nil},
		{"name too many", []string{"app:x=v"}, nil},
		{"unknown source", []string{"body:x=v"}, nil},
		{"no address", []string{"address=localhost"}, nil},
		{"none among others", []string{"none", "app=x"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { parses(t, parseMatches, tt.texts, tt.want) })
	}
}

// parses reads texts, which gives want or, when that is nil, is wrong usage.
func parses[T any](t *testing.T, parse func([]string) (*[]T, error), texts []string, want []T) {
	t.Helper()
	got, err := parse(texts)
	if want == nil {
		if !isUsage(err) {
			t.Errorf("got %+v, %v", got, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Error(diff)
	}
}

func TestParseSteps(t *testing.T) {
	step := func(percent float64, hold time.Duration) gatewright.CanaryStep {
		return gatewright.CanaryStep{Percent: percent, Hold: gatewright.Duration(hold)}
	}
	tests := []struct {
		name  string
		texts []string
		want  []gatewright.CanaryStep // nil for an error
	}{
		{"none", []string{"none"}, []gatewright.CanaryStep{}},
		{"several", []string{"25@1h", "50.5%@90m", "100@1d"}, []gatewright.CanaryStep{step(25, time.Hour), step(50.5, 90*time.Minute), step(100, 24*time.Hour)}},
		{"no time", []string{"25"}, nil},
		{"no share", []string{"@1h"}, nil},
		{"bad share", []string{"x@1h"}, nil},
		{"bad time", []string{"25@later"}, nil},
		{"no time to hold", []string{"25@0s"}, nil},
		{"empty", []string{""}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { parses(t, parseSteps, tt.texts, tt.want) })
	}
}

// TestCanaryPatch makes sure that a flag that is not given alters
// nothing of a canary, and that one that is given is sent.
func TestCanaryPatch(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string // of the JSON that is sent; "" for no canary member
	}{
		{"next step", nil, ""},
		{"share of nothing", []string{"--percent", "0"}, `{"percent":0}`},
		{"on", []string{"--on"}, `{"enabled":true}`},
		{"off", []string{"--off"}, `{"enabled":false}`},
		{"nobody is kept", []string{"--by", "none"}, `{"key":""}`},
		{"kept by cookie", []string{"--by", "cookie:sid"}, `{"key":"cookie:sid"}`},
		{"everybody", []string{"--match", "none"}, `{"match":[]}`},
		{"no more steps", []string{"--steps", "none"}, `{"steps":[]}`},
		{"steps", []string{"--steps", "25@1h,50@1d"}, `{"steps":[{"percent":25,"hold":"1h0m0s"},{"percent":50,"hold":"24h0m0s"}]}`},
		{"backend", []string{"--node", "127.0.0.1:1", "--timeout", "read=1s"}, `{"upstream":{"nodes":["127.0.0.1:1"],"timeouts":{"read":"1s"}}}`},
		{"words", []string{"--name", "试", "--description", "d"}, `{"name":"试","description":"d"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sent := sentItem(t, append([]string{"canary", "step", "Pets", "--group", "test", "--dry-run"}, tt.args...)...)
			if string(sent["canary"]) != tt.want {
				t.Errorf("sent %s, want %s", sent["canary"], tt.want)
			}
		})
	}
}
