package gatewright_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestErrorText(t *testing.T) {
	detail := gatewright.Detail{Location: "a.yaml:3:5", Pointer: "/paths", Subject: "route a", Message: "is bad"}
	tests := []struct {
		name string
		err  gatewright.Error
		want string
	}{
		{"message", gatewright.Error{Code: gatewright.Invalid, Message: "m"}, "m"},
		{"field is no part of the text", gatewright.Error{Message: "m", Field: "f"}, "m"},
		{"location goes first", gatewright.Error{Message: "m", Details: []gatewright.Detail{detail}}, "m\n  a.yaml:3:5: is bad"},
		{"then the subject", gatewright.Error{Message: "m", Details: []gatewright.Detail{{Pointer: "/p", Subject: "s", Message: "d"}}}, "m\n  s: d"},
		{"then the pointer", gatewright.Error{Message: "m", Details: []gatewright.Detail{{Pointer: "/p", Message: "d"}}}, "m\n  /p: d"},
		{"no place", gatewright.Error{Message: "m", Details: []gatewright.Detail{{Message: "d"}}}, "m\n  d"},
		{"several", gatewright.Error{Message: "m", Details: []gatewright.Detail{{Message: "d"}, {Message: "e"}}}, "m\n  d\n  e"},
		{"empty list", gatewright.Error{Message: "m", Details: []gatewright.Detail{}}, "m"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestErrorf(t *testing.T) {
	if e := gatewright.Errorf(gatewright.Conflict, "%d of %q", 1, "x"); e.Code != gatewright.Conflict || e.Message != `1 of "x"` || e.Field != "" {
		t.Fatalf("got %+v", e)
	}
	if e := gatewright.FieldErrorf("f", "100%%"); e.Code != gatewright.Invalid || e.Message != "100%" || e.Field != "f" {
		t.Fatalf("got %+v", e)
	}
}

func TestAsError(t *testing.T) {
	secret := errors.New("password=hunter2")
	conflict := gatewright.Errorf(gatewright.Conflict, "taken")
	missing := gatewright.Errorf(gatewright.NotFound, "gone")
	tests := []struct {
		name    string
		err     error
		code    gatewright.Code
		message string // "" for the general one
	}{
		{"bare", conflict, gatewright.Conflict, "taken"},
		{"wrapped", fmt.Errorf("store group: %w", conflict), gatewright.Conflict, "taken"},
		{"wrapped twice", fmt.Errorf("a: %w", fmt.Errorf("b: %w", conflict)), gatewright.Conflict, "taken"},
		{"joined with others", errors.Join(secret, conflict), gatewright.Conflict, "taken"},
		{"several wrapped at once", fmt.Errorf("%w, %w", secret, conflict), gatewright.Conflict, "taken"},
		{"the outer one counts", fmt.Errorf("%w: %w", missing, conflict), gatewright.NotFound, "gone"},
		{"only printed", fmt.Errorf("store: %v", conflict), gatewright.Internal, ""},
		{"foreign", secret, gatewright.Internal, ""},
		{"foreign, wrapped", fmt.Errorf("open: %w", secret), gatewright.Internal, ""},
		{"cancelled", context.Canceled, gatewright.Internal, ""},
		{"nil of the type in an interface", (*gatewright.Error)(nil), gatewright.Internal, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := gatewright.CodeOf(tt.err); got != tt.code {
				t.Errorf("code %q, want %q", got, tt.code)
			}
			e := gatewright.AsError(tt.err)
			if e == nil || e.Code != tt.code || e.Message == "" {
				t.Fatalf("got %+v, want code %q", e, tt.code)
			}
			if tt.message != "" && e.Message != tt.message {
				t.Errorf("message %q, want %q", e.Message, tt.message)
			}
			if strings.Contains(e.Error(), "hunter2") {
				t.Errorf("message %q gives away another error's text", e.Message)
			}
		})
	}
	if got := gatewright.CodeOf(nil); got != "" {
		t.Errorf("no error has code %q", got)
	}
}
