package wording_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify/wording"
)

func full(event gatewright.NotificationEvent) *gatewright.Notification {
	return &gatewright.Notification{
		ID: "ntf_1", Event: event, At: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), Subject: "Pets 1.2.0", Actor: "ada",
		Link: "https://gw.example.com/changes/chg_1", APIName: "Pets", Track: "v1", Group: "grp_1", GroupName: "Production",
		Change: "chg_1", Data: map[string]string{
			"kind": "publish", "from": "1.1.0", "reason": "new field", "error": "gw-1: no upstream", "due": "2026-11-22T02:00:00Z",
			"successor": "Pets@v2", "sunset": "2027-01-01", "expires": "2026-12-01", "app": "shop",
		},
	}
}

// TestDefaults checks every built-in template in every language: it keeps to
// the rules for templates, says what it is about, and differs from the others.
func TestDefaults(t *testing.T) {
	seen := map[string]string{}
	for _, language := range gatewright.NotificationLanguages() {
		for _, event := range gatewright.NotificationEvents() {
			name := language + " " + string(event)
			if err := wording.Check(wording.Default(event, language)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			m, err := wording.Write(full(event), language, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if other, ok := seen[m.Title]; ok {
				t.Errorf("%s and %s have the title %q", name, other, m.Title)
			}
			seen[m.Title] = name
			if event != gatewright.EventReceiverTest && !strings.Contains(m.Title, "Pets 1.2.0") {
				t.Errorf("%s: the title %q does not say what it is about", name, m.Title)
			}
			bare, err := wording.Write(&gatewright.Notification{Event: event}, language, nil)
			if err != nil || bare.Title == "" || bare.Text == "" || strings.Contains(bare.Text, "no value") {
				t.Errorf("%s without facts: %+v, %v", name, bare, err)
			}
		}
	}
}

func TestWrite(t *testing.T) {
	tests := []struct {
		name     string
		language string
		alter    func(n *gatewright.Notification)
		title    string
		text     string
	}{
		{"english", "en", func(*gatewright.Notification) {}, "Live: publish Pets 1.2.0 → Production", "By: ada\nBefore: 1.1.0\nReason: new field"},
		{"no language is english", "", func(*gatewright.Notification) {}, "Live: publish Pets 1.2.0 → Production", "By: ada\nBefore: 1.1.0\nReason: new field"},
		{"german", "de", func(*gatewright.Notification) {}, "In Betrieb: publish Pets 1.2.0 → Production", "Von: ada\nVorher: 1.1.0\nGrund: new field"},
		{"chinese", "zh", func(*gatewright.Notification) {}, "已上线:publish Pets 1.2.0 → Production", "操作人:ada\n变更前:1.1.0\n原因:new field"},
		{"facts that are missing leave no lines", "en", func(n *gatewright.Notification) { n.Actor, n.Data = "", nil }, "Live: Pets 1.2.0 → Production", "Live: Pets 1.2.0 → Production"},
		{"a title has one line", "en", func(n *gatewright.Notification) { n.Subject = "Pets\r\nBcc: x\n 1" }, "Live: publish Pets Bcc: x 1 → Production", "By: ada\nBefore: 1.1.0\nReason: new field"},
		{"facts are no templates", "en", func(n *gatewright.Notification) { n.Subject = "{{.Link}}" }, "Live: publish {{.Link}} → Production", "By: ada\nBefore: 1.1.0\nReason: new field"},
		{"what is invisible is left out", "en", func(n *gatewright.Notification) { n.Actor = "a\u202ed\x00\x1b[1ma\u200b" }, "Live: publish Pets 1.2.0 → Production", "By: ad[1ma\nBefore: 1.1.0\nReason: new field"},
		{"broken UTF-8 is left out", "en", func(n *gatewright.Notification) { n.Actor = "a\xffda" }, "Live: publish Pets 1.2.0 → Production", "By: ada\nBefore: 1.1.0\nReason: new field"},
		{"an event of another build", "en", func(n *gatewright.Notification) { n.Event = "moon.full" }, "moon.full: Pets 1.2.0", "2026-11-21T08:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := full(gatewright.EventLive)
			tt.alter(n)
			m, err := wording.Write(n, tt.language, nil)
			if err != nil || m.Title != tt.title || m.Text != tt.text {
				t.Fatalf("got  %q %q (%v)\nwant %q %q", m.Title, m.Text, err, tt.title, tt.text)
			}
		})
	}
}

func TestWriteLimits(t *testing.T) {
	n := full(gatewright.EventLive)
	n.Subject = strings.Repeat("宠", 5000)
	n.Data["reason"] = strings.Repeat("x\n", 50_000)
	own := &wording.Template{Title: "{{.Subject}}", Text: strings.Repeat("{{.Data.reason}}", 500)}
	m, err := wording.Write(n, "en", own)
	if err != nil {
		t.Fatal(err)
	}
	if got := utf8.RuneCountInString(m.Title); got != wording.MaxTitle || !strings.HasSuffix(m.Title, "…") {
		t.Errorf("title of %d runes", got)
	}
	if got := utf8.RuneCountInString(m.Text); got != wording.MaxText || !strings.HasSuffix(m.Text, "…") {
		t.Errorf("text of %d runes", got)
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string // part of the error, "" for none
	}{
		{"words", "hello", ""},
		{"facts", "{{.Event}} {{.Subject}} {{.Actor}} {{.API}} {{.Track}} {{.Group}} {{.Change}} {{.At}} {{.Link}}", ""},
		{"any data", "{{.Data.whatever}}", ""},
		{"choice", `{{if eq .Data.kind "rollback" "undeploy"}}back{{else if and .Actor (not .Link)}}x{{else}}forth{{end}}`, ""},
		{"comment", "a{{/* note */}}", ""},
		{"trimmed", "a {{- .Actor -}} b", ""},
		{"longest", strings.Repeat("x", wording.MaxTemplate), ""},
		{"too long", strings.Repeat("x", wording.MaxTemplate+1), "at most 8192"},
		{"too many parts", strings.Repeat("{{0}}", 1) + strings.Repeat("{{.At}}", 1001), "allowed are"},
		{"parts beyond the limit", strings.Repeat("{{.At}}", 1001), "more than 2000 parts"},
		{"empty", " \n", "is empty"},
		{"not closed", "{{if .Actor}}", "unexpected EOF"},
		{"unknown fact", "a\n{{.Password}}", "line 2:2 has .Password"},
		{"all facts", "{{.}}", "has ."},
		{"all data", "{{.Data}}", "has .Data"},
		{"below data", "{{.Data.a.b}}", "has .Data.a.b"},
		{"root", "{{$.Actor}}", "has $.Actor"},
		{"variable", "{{$x := .Actor}}", "has $x := .Actor"},
		{"endless", "{{range 1000000000}}x{{end}}", "has {{range"},
		{"wide", `{{printf "%1000000000d" 1}}`, "has printf"},
		{"printing", "{{print .Actor}}", "has print"},
		{"call", "{{call .Actor}}", "has call"},
		{"index", "{{index .Data 1}}", "has index"},
		{"html", "{{html .Actor}}", "has html"},
		{"piped", "{{.Actor | urlquery}}", "has .Actor | urlquery"},
		{"with", "{{with .Actor}}{{.}}{{end}}", "has {{with"},
		{"arguments of no function", "{{.Actor .Link}}", "has .Actor .Link"},
		{"unknown function", "{{env}}", "not defined"},
		{"define", `{{define "x"}}y{{end}}z`, "inside of templates"},
		{"block", `{{block "x" .}}y{{end}}`, "inside of templates"},
		{"recursion", `{{template "text"}}`, "has {{template"},
		{"number", "{{1}}", "has 1"},
		{"flag", "{{true}}", "has true"},
		{"comparison with nothing", "{{if eq .Actor}}x{{end}}", "has eq .Actor"},
		{"inequality of three", "{{if ne .Actor .Link .At}}x{{end}}", "has ne .Actor .Link .At"},
		{"comparison of a flag with a text", "{{if eq (not .Actor) .Link}}x{{end}}", "has eq (not .Actor) .Link"},
		{"and of nothing", "{{and}}", "has and"},
		{"not of two", "{{not .At .Link}}", "has not .At .Link"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := wording.Check(wording.Template{Title: "t", Text: tt.text})
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if gatewright.CodeOf(err) != gatewright.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q in it", err, tt.want)
			}
			if e := gatewright.AsError(err); e.Field != "text" {
				t.Errorf("field %q", e.Field)
			}
		})
	}
	if err := wording.Check(wording.Template{Text: "x"}); gatewright.AsError(err).Field != "title" {
		t.Errorf("without title: %v", err)
	}
}

// FuzzTemplate checks that what passes can be filled in, within the bounds.
func FuzzTemplate(f *testing.F) {
	f.Add("{{if eq .Data.kind `x`}}{{.Actor}}{{end}}")
	f.Add("{{range 9}}{{.}}{{end}}")
	f.Add("{{and (or .At .Link) (ne .Data.a .Data.b)}}")
	f.Fuzz(func(t *testing.T, text string) {
		own := wording.Template{Title: text, Text: text}
		if wording.Check(own) != nil {
			return
		}
		m, err := wording.Write(full(gatewright.EventFailed), "en", &own)
		if err != nil {
			t.Fatal(err)
		}
		if m.Title == "" || m.Text == "" || utf8.RuneCountInString(m.Title) > wording.MaxTitle ||
			utf8.RuneCountInString(m.Text) > wording.MaxText || !utf8.ValidString(m.Text) || strings.ContainsAny(m.Title, "\r\n") {
			t.Fatalf("%q becomes %q %q", text, m.Title, m.Text)
		}
	})
}
