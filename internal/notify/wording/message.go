package wording

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
)

// Limits of a message, in runes. Slack's are the narrowest: 150 for a header,
// 3000 for a section.
const (
	MaxTitle = 140
	MaxText  = 2800

	maxFact   = 1000     // runes of one fact; longer ones are cut
	maxOutput = 64 << 10 // bytes a template may write before it is cut
)

// Message is a notification in words.
type Message struct {
	Title string // one line of at most [MaxTitle] runes, never empty
	Text  string // at most [MaxText] runes, never empty
}

// facts are what templates see.
type facts struct {
	Event, Subject, Actor, API, Track, Group, Change, At, Link string
	Data                                                       map[string]string
}

// Write words n in language, by own unless that is nil. A language that is not
// known is English. What cannot be printed is left out of the words, so that
// nobody's text passes for another's.
func Write(n *gatewright.Notification, language string, own *Template) (Message, error) {
	t := Default(n.Event, language)
	if own != nil {
		t = *own
	}
	title, err := fill("title", t.Title, n)
	if err != nil {
		return Message{}, err
	}
	text, err := fill("text", t.Text, n)
	if err != nil {
		return Message{}, err
	}
	m := Message{
		Title: clip(strings.Join(strings.Fields(title), " "), MaxTitle),
		Text:  clip(tidy(text), MaxText),
	}
	if m.Title == "" {
		m.Title = string(n.Event)
	}
	if m.Text == "" { // chat servers refuse an empty one
		m.Text = m.Title
	}
	return m, nil
}

func fill(field, text string, n *gatewright.Notification) (string, error) {
	t, err := compile(field, text)
	if err != nil {
		return "", err
	}
	return execute(t, n)
}

func execute(t *template.Template, n *gatewright.Notification) (string, error) {
	data := make(map[string]string, len(n.Data))
	for k, v := range n.Data {
		data[k] = fact(v)
	}
	out := bounded{left: maxOutput}
	err := t.Execute(&out, facts{
		Event: string(n.Event), Subject: fact(n.Subject), Actor: fact(n.Actor), API: fact(n.APIName), Track: fact(n.Track),
		Group: fact(n.GroupName), Change: string(n.Change), At: n.At.UTC().Format(time.RFC3339), Link: fact(n.Link), Data: data,
	})
	if err != nil && !errors.Is(err, io.ErrShortWrite) {
		return "", fmt.Errorf("fill in the template: %w", err)
	}
	return out.String(), nil
}

// bounded keeps the first bytes that are written to it and refuses the rest.
type bounded struct {
	strings.Builder
	left int
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if len(p) > b.left {
		n, _ := b.Builder.Write(p[:b.left])
		b.left = 0
		return n, io.ErrShortWrite
	}
	b.left -= len(p)
	return b.Builder.Write(p)
}

// fact cleans one fact: printable characters and line breaks only.
func fact(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\u200c', r == '\u200d', unicode.Is(unicode.Zs, r):
			return r
		case r == '\t':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
			return -1
		}
		return r
	}, s)
	return clip(s, maxFact)
}

// tidy removes what conditions that were not met leave behind: spaces at the
// end of lines, and empty lines beyond one.
func tidy(s string) string {
	var kept []string
	for line := range strings.Lines(strings.TrimSpace(strings.ToValidUTF8(s, ""))) {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line != "" || len(kept) > 0 && kept[len(kept)-1] != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// clip returns at most limit runes of s, the last one "…" when some are
// missing.
func clip(s string, limit int) string {
	s = strings.ToValidUTF8(s, "")
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == limit {
			return s[:i] + "…"
		}
	}
	return s
}
