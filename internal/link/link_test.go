package link_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/link"
)

func TestCheckVersion(t *testing.T) {
	for _, tt := range []struct {
		name, header string
		say          string // "" when it can be spoken with
	}{
		{"same", "1", ""},
		{"knows ours too", "1-3", ""},
		{"newer only", "2", "the gateway (2.0.0) speaks link version 2, this control plane speaks 1"},
		{"newer range", "2-4", "speaks link version 2-4"},
		{"none", "", "does not speak the Gatewright link"},
		{"zero", "0", "which are none"},
		{"backwards", "3-1", "which are none"},
		{"words", "one", "which are none"},
		{"open range", "1-", "which are none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			h.Set(link.HeaderVersion, "2.0.0")
			if tt.header != "" {
				h.Set(link.HeaderProtocol, tt.header)
			}
			err := link.CheckVersion(h, "this control plane", "the gateway")
			if tt.say == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if gatewright.CodeOf(err) != gatewright.PreconditionFailed || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("got %v; want it to say %q", err, tt.say)
			}
		})
	}
	own := http.Header{}
	link.SetVersion(own, "test")
	if err := link.CheckVersion(own, "a", "b"); err != nil {
		t.Errorf("this build does not speak with itself: %v", err)
	}
}

func TestMessages(t *testing.T) {
	hash := gatewright.HashBytes(nil)
	for _, m := range []link.Message{
		{Type: link.MessageManifest, Group: "grp_1", Generation: 3, Entries: map[gatewright.Key]gatewright.Hash{"api/a/v1": hash}, Notice: "n"},
		{Type: link.MessageDelta, From: 2, Generation: 3, Upserts: map[gatewright.Key]gatewright.Hash{"api/a/v1": hash}, Deletes: []gatewright.Key{"api/b/v1"}, Digest: gatewright.NoEntries},
		{Type: link.MessagePrepare, Change: "chg_1", Generation: 2, Upserts: map[gatewright.Key]gatewright.Hash{"api/a/v1": hash}},
		{Type: link.MessageDiscard, Change: "chg_1"},
		{Type: link.MessageCurrent, Generation: 3, Digest: gatewright.NoEntries},
		{Type: link.MessagePing, Generation: 3},
		{Type: link.MessageBye, Notice: "why\nand how"},
	} {
		t.Run(string(m.Type), func(t *testing.T) {
			line, err := m.Encode()
			if err != nil || strings.Count(string(line), "\n") != 1 || line[len(line)-1] != '\n' {
				t.Fatalf("encoded as %q, %v", line, err)
			}
			got, err := link.DecodeMessage(line)
			if err != nil || !reflect.DeepEqual(*got, m) {
				t.Errorf("decoded as %+v, %v", got, err)
			}
		})
	}
}

func TestDecodeMessage(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		code       gatewright.Code
		ignored    bool
	}{
		{"unknown", `{"type":"x"}`, gatewright.PreconditionFailed, false},
		{"unknown and optional", `{"type":"x","optional":true}`, "", true},
		{"known with unknown members", `{"type":"ping","colour":"red"}`, "", false},
		{"unusable hash", `{"type":"manifest","entries":{"api/a/v1":"../../etc/passwd"}}`, gatewright.Invalid, false},
		{"empty hash", `{"type":"delta","upserts":{"api/a/v1":""}}`, gatewright.Invalid, false},
		{"no JSON", `<html>`, gatewright.Internal, false},
		{"half", `{"type":"pi`, gatewright.Internal, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := link.DecodeMessage([]byte(tt.line))
			if gatewright.CodeOf(err) != tt.code || tt.ignored != (m == nil && err == nil) {
				t.Errorf("got %+v, %v", m, err)
			}
		})
	}
}

func TestMessageBound(t *testing.T) {
	m := link.Message{Type: link.MessageBye, Notice: strings.Repeat("x", link.MaxMessageBytes)}
	if _, err := m.Encode(); gatewright.CodeOf(err) != gatewright.LimitExceeded {
		t.Errorf("a message that is too long: %v", err)
	}
}

func TestDecodeError(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		code   gatewright.Code
	}{
		{"ours", 409, `{"code":"conflict","message":"m"}`, gatewright.Conflict},
		{"code of another status", 500, `{"code":"conflict","message":"m"}`, gatewright.Unavailable},
		{"a proxy's page", 502, `<html>`, gatewright.Unavailable},
		{"a proxy's 401", 401, ``, gatewright.Unavailable},
		{"no status there is", 799, ``, gatewright.Unavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var e *gatewright.Error
			if err := link.DecodeError(tt.status, []byte(tt.body)); !errors.As(err, &e) || e.Code != tt.code {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzDecodeMessage(f *testing.F) {
	f.Add([]byte(`{"type":"delta","from":1,"generation":2,"upserts":{"api/a/v1":"sha256:00"}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		m, err := link.DecodeMessage(line)
		if err != nil || m == nil {
			return
		}
		again, err := m.Encode()
		if err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
		if _, err := link.DecodeMessage(again); err != nil {
			t.Fatalf("nor decoded again: %v", err)
		}
	})
}
