package term

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestWidth(t *testing.T) {
	tests := []struct {
		name string
		text string
		want int
	}{
		{"empty", "", 0},
		{"latin", "production", 10},
		{"accents", "Zürich", 6},
		{"combining accent", "Zu\u0308rich", 6},
		{"Chinese", "生产网关组", 10},
		{"mixed", "v1 宠物", 7},
		{"full-width form", "Ａ", 2},
		{"half-width katakana", "ｱ", 1},
		{"Hangul", "한", 2},
		{"emoji", "🐶", 2},
		{"arrow", "→", 1},
		{"zero-width joiner", "a\u200db", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Width(tt.text); got != tt.want {
				t.Errorf("Width(%q) = %d, want %d", tt.text, got, tt.want)
			}
		})
	}
}

func TestClean(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{"plain", "Swagger Petstore 宠物", "Swagger Petstore 宠物"},
		{"escape sequence", "a\x1b[2Jb", `a\x1b[2Jb`},
		{"line break", "a\nb\rc", `a\nb\rc`},
		{"bell", "\a", `\a`},
		{"direction override", "a\u202eb", `a\u202eb`},
		{"C1 control", "a\u009bb", `a\u009bb`},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Clean(tt.text)
			if tt.name == "not UTF-8" { // range reads it as the replacement character, which prints
				if strings.Contains(got, "\x1b") {
					t.Errorf("Clean = %q", got)
				}
				return
			}
			if got != tt.want {
				t.Errorf("Clean(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
	if got := CleanLines("a\x1b\nb"); got != "a\\x1b\nb" {
		t.Errorf("CleanLines = %q", got)
	}
}

func TestTable(t *testing.T) {
	tests := []struct {
		name string
		fill func() *Table
	}{
		{"empty", func() *Table { return NewTable("NAME", "STAGE") }},
		{"scripts", func() *Table {
			tb := NewTable("NAME", "GROUP", "STATE")
			tb.Row("Swagger Petstore", "production", "READY")
			tb.Row("宠物商店", "生产网关组", "READY")
			tb.Row("Zu\u0308rich 🐶", "test", "ERROR")
			return tb
		}},
		{"uneven", func() *Table {
			tb := NewTable("A", "B", "C")
			tb.Row("1")
			tb.Row("1", "", "3", "4")
			return tb
		}},
		{"hostile", func() *Table {
			tb := NewTable("INSTANCE", "SAYS")
			tb.Row("gw\x1b[31m", "line one\nline two\t\u202e")
			return tb
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := tt.fill().Write(NewScreen(&out, os.Getenv)); err != nil {
				t.Fatal(err)
			}
			golden := "testdata/" + tt.name + ".golden"
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Error(diff)
			}
			for line := range strings.Lines(out.String()) {
				if strings.HasSuffix(line, " \n") {
					t.Errorf("%q ends with a space", line)
				}
			}
		})
	}
}

func TestColoursOnlyOnATerminal(t *testing.T) {
	tests := []struct {
		name   string
		screen Screen
		want   string
	}{
		{"file", Screen{}, "x"},
		{"terminal without colours", Screen{terminal: true}, "x"},
		{"terminal", Screen{terminal: true, colour: true}, "\x1b[31mx\x1b[0m"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.screen.Paint(Red, "x"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := tt.screen.Paint(Plain, "x"); got != "x" {
				t.Errorf("plain: got %q", got)
			}
		})
	}
	// A null device is a character device but no terminal.
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if NewScreen(null, os.Getenv).Terminal() {
		t.Error("the null device counts as a terminal")
	}
}

// A coloured cell must not shift what stands behind it.
func TestColoursTakeNoSpace(t *testing.T) {
	var out bytes.Buffer
	tb := NewTable("STATE", "SINCE")
	tb.Cells(Cell{"宠物", Green}, Cell{Text: "now"})
	if err := tb.Write(&Screen{Writer: &out, terminal: true, colour: true}); err != nil {
		t.Fatal(err)
	}
	want := "\x1b[2mSTATE\x1b[0m  \x1b[2mSINCE\x1b[0m\n\x1b[32m宠物\x1b[0m   now\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
