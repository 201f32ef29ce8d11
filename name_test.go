package gatewright_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
)

func TestCheckName(t *testing.T) {
	tests := []struct {
		name string
		in   string
		ok   bool
	}{
		{"word", "Petstore", true},
		{"spaces", "Swagger Petstore (v2)", true},
		{"Chinese", "宠物商店", true},
		{"Arabic", "متجر", true},
		{"combining accent", "e\u0301te", true},
		{"emoji", "🐾 pets", true},
		{"slash, dot and at", "a/b.c@d", true},
		{"empty", "", false},
		{"space", " ", false},
		{"leading space", " a", false},
		{"trailing space", "a ", false},
		{"trailing ideographic space", "a\u3000", false},
		{"tab", "a\tb", false},
		{"line feed", "a\nb", false},
		{"trailing line feed", "a\n", false},
		{"NUL", "a\x00", false},
		{"escape", "a\x1b[2J", false},
		{"C1 control", "a\u0085b", false},
		{"DEL", "a\x7f", false},
		{"no-break space", "a\u00a0b", false},
		{"line separator", "a\u2028b", false},
		{"zero width space", "a\u200bb", false},
		{"zero width joiner", "a\u200db", false},
		{"left-to-right mark", "a\u200eb", false},
		{"right-to-left override", "a\u202eb", false},
		{"isolate", "a\u2066b", false},
		{"soft hyphen", "a\u00adb", false},
		{"byte order mark", "\ufeffa", false},
		{"word joiner", "a\u2060b", false},
		{"combining grapheme joiner", "a\u034fb", false},
		{"Hangul filler, a letter nobody sees", "\u3164", false},
		{"halfwidth Hangul filler", "a\uffa0", false},
		{"Hangul jamo filler", "a\u115f", false},
		{"empty Braille cell", "\u2800", false},
		{"tag character", "a\U000e0061", false},
		{"private use", "a\ue000", false},
		{"not assigned", "a\U000e1000", false},
		{"no character", "a\uffff", false},
		{"no UTF-8", "a\xff", false},
		{"surrogate in UTF-8", "a\xed\xa0\x80", false},
		{"cut off", "a\xe5\xae", false},
		{"as long as allowed", strings.Repeat("a", gatewright.MaxNameLength), true},
		{"as long as allowed, in runes", strings.Repeat("宠", gatewright.MaxNameLength), true},
		{"one too long", strings.Repeat("a", gatewright.MaxNameLength+1), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := gatewright.CheckName("group name", tt.in)
			wantCode(t, err, accepted(tt.ok))
			if err == nil {
				return
			}
			if !strings.HasPrefix(err.Error(), "group name") {
				t.Errorf("error %q does not say what is wrong", err)
			}
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }) {
				t.Errorf("error %q repeats what it refuses", err)
			}
		})
	}
}

func TestCheckNameHasNoInvisibleRunes(t *testing.T) {
	invisible := []*unicode.RangeTable{unicode.C, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		if gatewright.CheckName("name", name) != nil {
			return
		}
		for _, r := range name {
			if unicode.In(r, invisible...) || unicode.IsSpace(r) && r != ' ' {
				t.Fatalf("%q was accepted with %U", name, r)
			}
		}
	})
}

func TestCheckLabel(t *testing.T) {
	tests := []struct {
		name string
		in   string
		ok   bool
	}{
		{"semantic version", "1.2.0-rc.1+build", true},
		{"word", "v3", true},
		{"date", "2026-11-21r0", true},
		{"Chinese", "第一版", true},
		{"empty", "", false},
		{"space inside", "1.2 beta", false},
		{"space around", " 1", false},
		{"tab", "1\t2", false},
		{"no-break space", "1\u00a02", false},
		{"ideographic space", "1\u30002", false},
		{"zero width space", "1\u200b", false},
		{"filler", "1\u3164", false},
		{"no UTF-8", "1\xff", false},
		{"as long as allowed", strings.Repeat("é", gatewright.MaxLabelLength), true},
		{"one too long", strings.Repeat("1", gatewright.MaxLabelLength+1), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := gatewright.CheckLabel(tt.in)
			wantCode(t, err, accepted(tt.ok))
			if err != nil && gatewright.AsError(err).Field != "version" {
				t.Fatalf("error is about %q", gatewright.AsError(err).Field)
			}
		})
	}
}

func TestCheckReason(t *testing.T) {
	tests := []struct {
		name string
		in   string
		ok   bool
	}{
		{"none", "", true},
		{"text", "fix for the outage", true},
		{"lines", "one\n\ttwo\n", true},
		{"lines of a browser", "one\r\ntwo\r\n", true},
		{"spaces around", " a ", true},
		{"no-break space", "5\u00a0%", true},
		{"ideographic space", "修复\u3000发布", true},
		{"joiner in an emoji", "👩\u200d💻", true},
		{"non-joiner in Persian", "می\u200cخواهم", true},
		{"carriage return alone", "done\rnot done", false},
		{"carriage return at the end", "a\r", false},
		{"two carriage returns", "a\r\r\nb", false},
		{"escape sequence", "a\x1b[31m", false},
		{"bell", "a\a", false},
		{"NUL", "a\x00", false},
		{"DEL", "a\x7f", false},
		{"C1 control", "a\u009bb", false},
		{"right-to-left override", "a\u202eb", false},
		{"zero width space", "a\u200bb", false},
		{"line separator", "a\u2028b", false},
		{"no UTF-8", "a\xff", false},
		{"as long as allowed", strings.Repeat("宠", gatewright.MaxReasonLength), true},
		{"one too long", strings.Repeat("a", gatewright.MaxReasonLength+1), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := gatewright.CheckReason(tt.in)
			wantCode(t, err, accepted(tt.ok))
			if err != nil && gatewright.AsError(err).Field != "reason" {
				t.Fatalf("error is about %q", gatewright.AsError(err).Field)
			}
		})
	}
}
