package gatewright_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestCheckUserName(t *testing.T) {
	tests := []struct {
		name string
		text string
		ok   bool
	}{
		{"plain", "anna", true},
		{"address", "anna.b+c@example.com", true},
		{"other script", "王小明", true},
		{"longest", strings.Repeat("ä", gatewright.MaxUserNameLength), true},
		{"too long", strings.Repeat("ä", gatewright.MaxUserNameLength+1), false},
		{"empty", "", false},
		{"space inside", "anna b", false},
		{"ideographic space", "王\u3000明", false},
		{"space around", " anna", false},
		{"new line", "anna\nb", false},
		{"NUL", "an\x00na", false},
		{"direction override", "anna\u202egnp", false},
		{"zero width joiner", "an\u200dna", false},
		{"filler", "\u3164", false},
		{"not UTF-8", "an\xffna", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantCode(t, gatewright.CheckUserName(tt.text), accepted(tt.ok))
		})
	}
}

func TestCheckEmail(t *testing.T) {
	tests := []struct {
		name string
		text string
		ok   bool
	}{
		{"plain", "anna@example.com", true},
		{"tag", "a+b@example.com", true},
		{"international", "用户@例子.公司", true},
		{"no domain", "anna@", false},
		{"no local part", "@example.com", false},
		{"no at", "example.com", false},
		{"two at", "a@b@c", false},
		{"header injection", "a@b\r\nBcc: c@d", false},
		{"list", "a@b,c@d", false},
		{"display form", "Anna <a@b>", false},
		{"not UTF-8", "a\xff@b", false},
		{"longest", strings.Repeat("a", gatewright.MaxEmailLength-2) + "@b", true},
		{"too long", strings.Repeat("a", gatewright.MaxEmailLength-1) + "@b", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantCode(t, gatewright.CheckEmail(tt.text), accepted(tt.ok))
		})
	}
}

func TestUserValidate(t *testing.T) {
	valid := gatewright.User{Name: "anna", DisplayName: "Anna B", Email: "anna@example.com", Language: "zh-CN", OIDCIssuer: "https://i", OIDCSubject: "1"}
	tests := []struct {
		name  string
		alter func(*gatewright.User)
		ok    bool
	}{
		{"whole", func(*gatewright.User) {}, true},
		{"name only", func(u *gatewright.User) { *u = gatewright.User{Name: "anna"} }, true},
		{"no name", func(u *gatewright.User) { u.Name = "" }, false},
		{"display name", func(u *gatewright.User) { u.DisplayName = "a\x1b[31m" }, false},
		{"address", func(u *gatewright.User) { u.Email = "x" }, false},
		{"language", func(u *gatewright.User) { u.Language = "../../etc" }, false},
		{"issuer alone", func(u *gatewright.User) { u.OIDCSubject = "" }, false},
		{"subject alone", func(u *gatewright.User) { u.OIDCIssuer = "" }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := valid
			tt.alter(&u)
			wantCode(t, u.Validate(), accepted(tt.ok))
		})
	}
}

// TestUserSecrets checks that what proves a person never leaves as JSON.
func TestUserSecrets(t *testing.T) {
	for _, v := range []any{
		gatewright.User{Name: "anna", Password: "hidden-hidden"},
		gatewright.Session{ID: "ses_1", Hash: "hidden-hidden"},
	} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "hidden") {
			t.Errorf("%s shows what is secret", b)
		}
	}
}
