package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// cheap are parameters that make tests quick.
func cheap() auth.HashParams { return auth.HashParams{Memory: 8, Passes: 1, Threads: 1} }

func newHasher(t *testing.T, p auth.HashParams) *auth.Hasher {
	t.Helper()
	h, err := auth.NewHasher(p)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestPasswordHash(t *testing.T) {
	h := newHasher(t, auth.DefaultHashParams())
	const password = "vier Pferde im Käfig"
	stored, err := h.Hash(t.Context(), password)
	wantCode(t, err, "")
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(stored, "Pferde") {
		t.Errorf("stored is %s", stored)
	}
	if other, _ := h.Hash(t.Context(), password); other == stored {
		t.Error("two hashes of a password are the same: there is no salt")
	}
	tests := []struct {
		name, stored, password string
		ok                     bool
	}{
		{"right", stored, password, true},
		{"accents written otherwise", stored, "vier Pferde im Ka\u0308fig", true},
		{"other spaces", stored, "vier\u00a0Pferde im Käfig", true},
		{"case", stored, "vier pferde im Käfig", false},
		{"empty", stored, "", false},
		{"nobody", "", password, false},
		{"nobody, empty", "", "", false},
		{"beyond any length", stored, strings.Repeat("x", 1<<20), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ok, outdated, err := h.Verify(t.Context(), tt.stored, tt.password)
			if err != nil || ok != tt.ok || outdated {
				t.Errorf("ok %t, outdated %t, error %v", ok, outdated, err)
			}
		})
	}
}

func TestPasswordOutdated(t *testing.T) {
	old, now := newHasher(t, cheap()), newHasher(t, auth.HashParams{Memory: 16, Passes: 1, Threads: 1})
	stored, err := old.Hash(t.Context(), "some password")
	wantCode(t, err, "")
	if ok, outdated, err := now.Verify(t.Context(), stored, "some password"); !ok || !outdated || err != nil {
		t.Errorf("ok %t, outdated %t, error %v", ok, outdated, err)
	}
	if ok, outdated, err := now.Verify(t.Context(), stored, "another one"); ok || outdated || err != nil {
		t.Errorf("a wrong password: ok %t, outdated %t, error %v", ok, outdated, err)
	}
}

// TestPasswordDamaged gives strings that must neither verify, nor panic, nor
// cost what an attacker writes into them.
func TestPasswordDamaged(t *testing.T) {
	h := newHasher(t, cheap())
	good, err := h.Hash(t.Context(), "some password")
	wantCode(t, err, "")
	salt, key := "c2FsdHNhbHRzYWx0c2FsdA", strings.Repeat("A", 43)
	for n := range len(good) {
		if ok, _, err := h.Verify(t.Context(), good[:n], "some password"); ok || err == nil && n > 0 { // nothing is nobody's hash
			t.Errorf("%q, which is cut off: ok %t, error %v", good[:n], ok, err)
		}
	}
	for name, stored := range map[string]string{
		"shorter key":       "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + key[:39], // decodes: its last bits are clear
		"longer key":        "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + key + "A",
		"bcrypt":            "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"argon2i":           strings.Replace(good, "argon2id", "argon2i", 1),
		"other version":     strings.Replace(good, "v=19", "v=16", 1),
		"no passes":         "$argon2id$v=19$m=8,t=0,p=1$" + salt + "$" + key,
		"no threads":        "$argon2id$v=19$m=8,t=1,p=0$" + salt + "$" + key,
		"a terabyte":        "$argon2id$v=19$m=1073741824,t=1,p=1$" + salt + "$" + key,
		"for ever":          "$argon2id$v=19$m=8,t=4294967295,p=1$" + salt + "$" + key,
		"overflow":          "$argon2id$v=19$m=99999999999,t=1,p=1$" + salt + "$" + key,
		"no key":            "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$",
		"short salt":        "$argon2id$v=19$m=8,t=1,p=1$" + salt[:11] + "$" + key,
		"parameters follow": strings.Replace(good, "p=1", "p=1,x=1", 1),
		"very long":         good + strings.Repeat("A", 1<<20),
		"plain text":        "some password",
	} {
		t.Run(name, func(t *testing.T) {
			ok, _, err := h.Verify(t.Context(), stored, "some password")
			if ok || err == nil {
				t.Fatalf("ok %t, error %v", ok, err)
			}
			if strings.Contains(err.Error(), "some password") {
				t.Errorf("%v shows what is stored", err)
			}
		})
	}
	for _, p := range []auth.HashParams{{}, {Memory: 7, Passes: 1, Threads: 1}, {Memory: 8, Passes: 1}, {Memory: 1 << 31, Passes: 1, Threads: 1}} {
		if _, err := auth.NewHasher(p); err == nil {
			t.Errorf("parameters %+v are accepted", p)
		}
	}
}

// TestHashesAtOnce fills the hasher and looks that the next is refused and
// that one whose caller is gone leaves.
func TestHashesAtOnce(t *testing.T) {
	h := newHasher(t, cheap())
	release := h.Fill()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(gone, "some password"); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that is gone gets %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(t, cheap())
		release := h.Fill()
		var group sync.WaitGroup
		errs := make([]error, auth.MaxHashesWaiting)
		for i := range errs {
			group.Go(func() { _, errs[i] = h.Hash(t.Context(), fmt.Sprintf("password %d", i)) })
		}
		synctest.Wait()
		_, err := h.Hash(t.Context(), "one too many")
		wantCode(t, err, gatewright.Unavailable)
		release()
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Errorf("those who waited: %v", err)
		}
	})
	release()
	_, err := h.Hash(t.Context(), "some password")
	wantCode(t, err, "")
}

func TestCheckPassword(t *testing.T) {
	tests := []struct {
		name, user, password string
		ok                   bool
	}{
		{"words", "anna", "vier Pferde im Käfig", true},
		{"other script", "anna", "四匹马在笼子里吃草喝水睡觉了吗", true},
		{"random", "anna", "kJ8#mQ2$vX9!", true},
		{"one's own words with digits", "anna", "teapot-1974-harbour", true},
		{"short", "anna", "kJ8#mQ2$vX9", false},
		{"short in runes, long in bytes", "anna", "四匹马在笼子", false},
		{"longest", "anna", strings.Repeat("teapots ", 31) + "längstes", true},
		{"too long", "anna", strings.Repeat("teapots ", 32) + "x", false},
		{"user name", "anna", "my-ANNA-password-42", false},
		{"user name that is an address", "anna@example.com", "xx anna xx yy zz", false},
		{"user name that is short", "bo", "bottle of borax 77", true},
		{"one letter", "anna", "aaaaaaaaaaaaaaaa", false},
		{"few letters", "anna", "abababababcdcdcd", false},
		{"digits in order", "anna", "1234567890123", false},
		{"keys in order", "anna", "qwertyuiop[]", false},
		{"keys in reverse", "anna", "poiuytrewqlkjhgfdsa", false},
		{"the first that is tried", "anna", "Password1234!", false},
		{"with look-alikes", "anna", "P@ssw0rd!2026", false},
		{"doubled", "anna", "passwordpassword", false},
		{"two of the worst", "anna", "AdminPassword1", false},
		{"the product", "anna", "gatewright2026", false},
		{"the cartoon", "anna", "correct horse battery staple", false},
		{"control character", "anna", "vier\x00Pferde im Käfig", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code := gatewright.Invalid
			if tt.ok {
				code = ""
			}
			err := auth.CheckPassword(tt.user, tt.password)
			wantCode(t, err, code)
			if err != nil && strings.Contains(err.Error(), tt.password) {
				t.Error("the error shows the password")
			}
		})
	}
}
