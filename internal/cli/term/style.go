package term

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// Style is how a piece of text stands out.
type Style string

// The styles.
const (
	Plain  Style = ""
	Bold   Style = "1"
	Dim    Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
)

// Screen is what text is written to. The zero value writes nowhere in plain;
// use [NewScreen].
type Screen struct {
	io.Writer
	terminal bool
	colour   bool
}

// NewScreen returns a screen over w. Colours are used on a terminal unless
// the environment says NO_COLOR or that the terminal is a dumb one.
func NewScreen(w io.Writer, getenv func(string) string) *Screen {
	s := &Screen{Writer: w}
	if f, ok := w.(*os.File); ok {
		s.terminal = isatty.IsTerminal(f.Fd())
	}
	s.colour = s.terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	return s
}

// Terminal reports whether a person looks at the screen, who can be shown
// something that changes in place.
func (s *Screen) Terminal() bool { return s.terminal }

// Paint returns text in style, or as it is where there are no colours.
func (s *Screen) Paint(style Style, text string) string {
	if !s.colour || style == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(style) + "m" + text + "\x1b[0m"
}

// Clear empties a terminal so that the next text stands at its top.
func (s *Screen) Clear() error {
	if !s.terminal {
		return nil
	}
	_, err := io.WriteString(s, "\x1b[H\x1b[2J\x1b[3J")
	return err
}

// Over returns a screen that treats text as s does but writes to w.
func (s *Screen) Over(w io.Writer) *Screen {
	return &Screen{Writer: w, terminal: s.terminal, colour: s.colour}
}
