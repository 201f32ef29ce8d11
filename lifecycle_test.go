package gatewright_test

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestLifecycleValidate(t *testing.T) {
	tests := []struct {
		name string
		in   gatewright.Lifecycle
		says string // "" when it is to be accepted
	}{
		{"deprecated", gatewright.Lifecycle{DeprecatedAt: noon}, ""},
		{"all", gatewright.Lifecycle{DeprecatedAt: noon, SunsetAt: noon.Add(1), Successor: "Pets@v2", Link: "https://pets.example/v2?a=b"}, ""},
		{"sunset alone", gatewright.Lifecycle{SunsetAt: noon}, "needs a deprecation"},
		{"sunset before", gatewright.Lifecycle{DeprecatedAt: noon, SunsetAt: noon.Add(-1)}, "lies before"},
		{"successor with a line break in a header", gatewright.Lifecycle{DeprecatedAt: noon, Successor: "a\x00b"}, "unprintable"},
		{"script", gatewright.Lifecycle{DeprecatedAt: noon, Link: "javascript:alert(1)"}, "http or https"},
		{"no host", gatewright.Lifecycle{DeprecatedAt: noon, Link: "https:///x"}, "http or https"},
		{"password", gatewright.Lifecycle{DeprecatedAt: noon, Link: "https://a:b@pets.example"}, "without user"},
		{"out of its brackets", gatewright.Lifecycle{DeprecatedAt: noon, Link: "https://pets.example/>; rel=x"}, "angle brackets"},
		{"header injection", gatewright.Lifecycle{DeprecatedAt: noon, Link: "https://pets.example/\r\nSet-Cookie: a=b"}, "http or https"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.in.Validate()
			wantCode(t, err, accepted(tt.says == ""))
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %q does not say %q", err, tt.says)
			}
		})
	}
}
