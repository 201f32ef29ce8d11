package auth_test

import (
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

func TestUserNameSame(t *testing.T) {
	tests := []struct {
		name, a, b string
		same       bool
	}{
		{"case", "Anna", "aNNA", true},
		{"composed and not", "Ren\u00e9", "Rene\u0301", true},
		{"full width", "\uff21nna", "anna", true},
		{"Kelvin sign", "\u212aarl", "karl", true},
		{"other person", "anna", "anne", false},
		{"accent", "rene", "ren\u00e9", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, a, err := auth.UserName(tt.a)
			wantCode(t, err, "")
			_, b, err := auth.UserName(tt.b)
			wantCode(t, err, "")
			if (a == b) != tt.same {
				t.Errorf("keys are %q and %q", a, b)
			}
			if _, again, err := auth.UserName(a); err != nil || again != a {
				t.Errorf("the key of the key %q is %q (%v)", a, again, err)
			}
		})
	}
}

func TestUserNameRefused(t *testing.T) {
	for name, login := range map[string]string{
		"empty":                "",
		"space":                "an na",
		"control":              "an\x07na",
		"direction mark":       "an\u200ena",
		"direction override":   "\u202eanna",
		"mixed directions":     "a\u05d0b",
		"zero width space":     "an\u200bna",
		"ligature":             "o\ufb03ce",
		"symbol":               "anna\u2603",
		"soft hyphen":          "an\u00adna",
		"variation selector":   "anna\ufe0f",
		"conjoining jamo":      "\u1100\u1161\u11ff",
		"not UTF-8":            "an\xffna",
		"mathematical letters": "\U0001d41anna",
	} {
		t.Run(name, func(t *testing.T) {
			_, key, err := auth.UserName(login)
			if gatewright.CodeOf(err) != gatewright.Invalid {
				t.Errorf("%q has the key %q (%v)", login, key, err)
			}
		})
	}
}
