package auth_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

func TestSecrets(t *testing.T) {
	scanner := regexp.MustCompile(`^gw_(pat|svc|ins|adm|ses)_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$`)
	seen := map[string]bool{}
	for _, kind := range []auth.SecretKind{auth.SecretPersonal, auth.SecretService, auth.SecretInstance, auth.SecretAdmin, auth.SecretSession} {
		for range 50 {
			secret, hash, err := auth.NewSecret(kind)
			if err != nil {
				t.Fatal(err)
			}
			if !scanner.MatchString(secret) || seen[secret] || hash != auth.HashSecret(secret) {
				t.Fatalf("secret %q, hash %q", secret, hash)
			}
			seen[secret] = true
			if got, err := auth.ParseSecret(secret); err != nil || got != kind {
				t.Fatalf("%q is of kind %q (%v)", secret, got, err)
			}
		}
	}
}

// TestSecretMistyped alters every character of a secret: the checksum must
// know each single slip.
func TestSecretMistyped(t *testing.T) {
	secret, _, err := auth.NewSecret(auth.SecretPersonal)
	if err != nil {
		t.Fatal(err)
	}
	for i := range secret {
		for _, c := range []byte("0aZ_") {
			slip := secret[:i] + string(c) + secret[i+1:]
			if slip == secret {
				continue
			}
			if _, err := auth.ParseSecret(slip); gatewright.CodeOf(err) != gatewright.Unauthenticated {
				t.Fatalf("%q passes for %q", slip, secret)
			}
		}
		if _, err := auth.ParseSecret(secret[:i]); gatewright.CodeOf(err) != gatewright.Unauthenticated {
			t.Fatalf("%q passes though cut off", secret[:i])
		}
	}
}

func TestParseSecret(t *testing.T) {
	good, _, err := auth.NewSecret(auth.SecretService)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		secret string
		kind   auth.SecretKind
	}{
		{"good", good, auth.SecretService},
		{"early administrator", "gwa_" + strings.Repeat("x", 43), auth.SecretAdmin},
		{"early instance", "gwi_x", auth.SecretInstance},
		{"early prefix alone", "gwa_", ""},
		{"empty", "", ""},
		{"prefix alone", "gw_", ""},
		{"space after", good + " ", ""},
		{"another service's", "ghp_" + strings.Repeat("x", 36), ""},
		{"very long", "gwa_" + strings.Repeat("x", 1<<16), ""},
		{"more parts", good + "_x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kind, err := auth.ParseSecret(tt.secret)
			if kind != tt.kind || (err == nil) != (tt.kind != "") {
				t.Errorf("kind is %q, error %v", kind, err)
			}
			if err != nil && tt.secret != "" && strings.Contains(err.Error(), tt.secret) {
				t.Errorf("the error shows the secret")
			}
		})
	}
}

func FuzzParseSecret(f *testing.F) {
	good, _, err := auth.NewSecret(auth.SecretPersonal)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("gwa_x")
	f.Fuzz(func(t *testing.T, s string) {
		kind, err := auth.ParseSecret(s)
		if (kind == "") == (err == nil) {
			t.Errorf("kind %q and error %v", kind, err)
		}
	})
}
