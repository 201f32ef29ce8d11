package gatewright_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

func TestGuessVersionScheme(t *testing.T) {
	tests := []struct {
		label string
		want  gatewright.VersionScheme
	}{
		{"1.4.2", gatewright.SchemeSemVer},
		{"v1.4.2", gatewright.SchemeSemVer},
		{"2.0.0-rc.1+build.5", gatewright.SchemeSemVer},
		{"1.4", gatewright.SchemeMajorMinor},
		{"1.44", gatewright.SchemeMajorMinor},
		{"v3", gatewright.SchemeMajor},
		{"71", gatewright.SchemeMajor},
		{"V0", gatewright.SchemeCounter},
		{"2026-11-21", gatewright.SchemeDate},
		{"2026-09-30.endive", gatewright.SchemeDate},
		{"2020-09-14_1.697.4", gatewright.SchemeDate},
		{"2026-02-30", gatewright.SchemeNone},
		{"01.4", gatewright.SchemeNone},
		{"1.2.3.4", gatewright.SchemeNone},
		{"1.9999999999999999999", gatewright.SchemeNone},
		{"spring", gatewright.SchemeNone},
		{"", gatewright.SchemeNone},
	}
	for _, tt := range tests {
		t.Run(tt.label, func(t *testing.T) {
			if got := gatewright.GuessVersionScheme(tt.label); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestVersionSchemes(t *testing.T) {
	for _, s := range gatewright.VersionSchemes() {
		if got, err := gatewright.ParseVersionScheme(string(s)); err != nil || got != s {
			t.Errorf("ParseVersionScheme(%q) = %q, %v", s, got, err)
		}
		if err := s.Validate(s.Example()); err != nil {
			t.Errorf("the example of %s: %s", s, err)
		}
		if got := gatewright.GuessVersionScheme(s.Example()); got != s {
			t.Errorf("the example of %s looks like %s", s, got)
		}
		if s == gatewright.SchemeNone {
			continue
		}
		err := s.Validate("no such thing")
		if gatewright.CodeOf(err) != gatewright.Invalid {
			t.Errorf("%s accepts any text: %v", s, err)
		}
		err = s.Validate("nothing")
		if err == nil || !strings.Contains(err.Error(), string(s)) || !strings.Contains(err.Error(), s.Example()) {
			t.Errorf("the error does not name scheme %s and an example: %v", s, err)
		}
	}
	if _, err := gatewright.ParseVersionScheme("roman"); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("there is a scheme roman: %v", err)
	}
}

func TestBump(t *testing.T) {
	const (
		down  = gatewright.BumpDown
		none  = gatewright.BumpNone
		patch = gatewright.BumpPatch
		minor = gatewright.BumpMinor
		major = gatewright.BumpMajor
	)
	tests := []struct {
		scheme   gatewright.VersionScheme
		from, to string
		want     gatewright.Bump
	}{
		{gatewright.SchemeSemVer, "1.4.2", "1.4.2", none},
		{gatewright.SchemeSemVer, "1.4.2", "v1.4.2+other", none},
		{gatewright.SchemeSemVer, "1.4.2", "1.4.3", patch},
		{gatewright.SchemeSemVer, "1.4.2", "1.5.0", minor},
		{gatewright.SchemeSemVer, "1.9.0", "1.10.0", minor},
		{gatewright.SchemeSemVer, "1.4.2", "2.0.0", major},
		{gatewright.SchemeSemVer, "1.4.2", "1.4.1", down},
		{gatewright.SchemeSemVer, "0.3.0", "0.3.1", minor},
		{gatewright.SchemeSemVer, "0.3.0", "0.4.0", major},
		{gatewright.SchemeSemVer, "0.3.0", "1.0.0", major},
		{gatewright.SchemeSemVer, "1.0.0-rc.1", "1.0.0-rc.2", major},
		{gatewright.SchemeSemVer, "1.0.0-rc.2", "1.0.0-rc.10", major},
		{gatewright.SchemeSemVer, "1.0.0-rc.1", "1.0.0", major},
		{gatewright.SchemeSemVer, "1.0.0", "1.0.0-rc.1", down},
		{gatewright.SchemeSemVer, "1.0.0-beta", "1.0.0-1", down},
		{gatewright.SchemeSemVer, "1.0.0-a.b", "1.0.0-a", down},
		{gatewright.SchemeMajorMinor, "1.1", "1.2", minor},
		{gatewright.SchemeMajorMinor, "1.9", "1.10", minor},
		{gatewright.SchemeMajorMinor, "1.9", "2.0", major},
		{gatewright.SchemeMajorMinor, "0.1", "0.2", major},
		{gatewright.SchemeMajor, "v1", "v2", major},
		{gatewright.SchemeMajor, "v10", "v9", down},
		{gatewright.SchemeCounter, "V0", "V1", major},
		{gatewright.SchemeDate, "2026-01-01", "2026-11-21", major},
		{gatewright.SchemeDate, "2026-11-21", "2026-11-21.acacia", major},
		{gatewright.SchemeDate, "2026-11-21", "2025-11-21", down},
		{gatewright.SchemeNone, "b", "a", major},
		{gatewright.SchemeNone, "a", "a", none},
	}
	for _, tt := range tests {
		t.Run(tt.from+" to "+tt.to, func(t *testing.T) {
			if got, err := tt.scheme.Bump(tt.from, tt.to); err != nil || got != tt.want {
				t.Errorf("got %s (%v), want %s", got, err, tt.want)
			}
			if tt.scheme == gatewright.SchemeNone {
				return
			}
			there, err := tt.scheme.Compare(tt.from, tt.to)
			if err != nil {
				t.Fatal(err)
			}
			back, err := tt.scheme.Compare(tt.to, tt.from)
			if err != nil || there != -back || (there > 0) != (tt.want == down) || (there == 0) != (tt.want == none) {
				t.Errorf("compares as %d and %d (%v)", there, back, err)
			}
		})
	}
	if _, err := gatewright.SchemeMajorMinor.Bump("1.0", "1.0.0"); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("1.0.0 is of two parts: %v", err)
	}
	if _, err := gatewright.SchemeMajorMinor.Bump("x", "1.0"); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("x is of two parts: %v", err)
	}
}

func TestNextVersion(t *testing.T) {
	now := time.Date(2026, 11, 21, 23, 30, 0, 0, time.FixedZone("", -3600)) // the 22nd in UTC
	tests := []struct {
		scheme gatewright.VersionScheme
		label  string
		bump   gatewright.Bump
		want   string // "" for an error
	}{
		{gatewright.SchemeSemVer, "1.4.2", gatewright.BumpNone, "1.4.2"},
		{gatewright.SchemeSemVer, "1.4.2", gatewright.BumpPatch, "1.4.3"},
		{gatewright.SchemeSemVer, "1.4.2", gatewright.BumpMinor, "1.5.0"},
		{gatewright.SchemeSemVer, "v1.4.2", gatewright.BumpMajor, "v2.0.0"},
		{gatewright.SchemeSemVer, "0.4.2", gatewright.BumpMajor, "0.5.0"},
		{gatewright.SchemeSemVer, "0.4.2", gatewright.BumpMinor, "0.4.3"},
		{gatewright.SchemeSemVer, "2.0.0-rc.1", gatewright.BumpMajor, "2.0.0"},
		{gatewright.SchemeMajorMinor, "1.1", gatewright.BumpPatch, "1.2"},
		{gatewright.SchemeMajorMinor, "1.1", gatewright.BumpMinor, "1.2"},
		{gatewright.SchemeMajorMinor, "1.1", gatewright.BumpMajor, "2.0"},
		{gatewright.SchemeMajor, "v1", gatewright.BumpMinor, "v2"},
		{gatewright.SchemeCounter, "V0", gatewright.BumpPatch, "V1"},
		{gatewright.SchemeDate, "2026-11-21", gatewright.BumpMinor, "2026-11-22"},
		{gatewright.SchemeDate, "2026-11-22", gatewright.BumpMinor, ""},
		{gatewright.SchemeNone, "spring", gatewright.BumpMinor, ""},
		{gatewright.SchemeSemVer, "spring", gatewright.BumpMinor, ""},
	}
	for _, tt := range tests {
		t.Run(tt.label+" "+tt.bump.String(), func(t *testing.T) {
			got, err := tt.scheme.Next(tt.label, tt.bump, now)
			if tt.want == "" {
				if gatewright.CodeOf(err) != gatewright.Invalid {
					t.Errorf("got %q, %v; want an error", got, err)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Fatalf("got %q (%v), want %q", got, err, tt.want)
			}
			if reached, err := tt.scheme.Bump(tt.label, got); err != nil || reached < tt.bump {
				t.Errorf("from %s to %s is %s only (%v)", tt.label, got, reached, err)
			}
		})
	}
}

func TestMajorOf(t *testing.T) {
	tests := []struct {
		scheme gatewright.VersionScheme
		label  string
		want   uint64
		ok     bool
	}{
		{gatewright.SchemeSemVer, "2.1.0", 2, true},
		{gatewright.SchemeMajorMinor, "1.44", 1, true},
		{gatewright.SchemeMajor, "v3", 3, true},
		{gatewright.SchemeCounter, "V3", 0, false},
		{gatewright.SchemeDate, "2026-11-21", 0, false},
		{gatewright.SchemeSemVer, "x", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.label, func(t *testing.T) {
			if got, ok := tt.scheme.Major(tt.label); got != tt.want || ok != tt.ok {
				t.Errorf("got %d, %t", got, ok)
			}
		})
	}
}

// FuzzVersion checks that labels compare consistently whatever they are.
func FuzzVersion(f *testing.F) {
	for _, s := range gatewright.VersionSchemes() {
		f.Add(s.Example(), "1.0.0-rc.1")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, s := range gatewright.VersionSchemes() {
			there, err := s.Compare(a, b)
			back, backErr := s.Compare(b, a)
			if (err == nil) != (backErr == nil) || sign(there) != -sign(back) {
				t.Fatalf("%s: %q and %q compare as %d and %d (%v, %v)", s, a, b, there, back, err, backErr)
			}
			if bump, err := s.Bump(a, b); err == nil && s != gatewright.SchemeNone && (bump == gatewright.BumpDown) != (there > 0) {
				t.Fatalf("%s: from %q to %q is %s", s, a, b, bump)
			}
		}
	})
}

func sign(n int) int { return min(max(n, -1), 1) }
