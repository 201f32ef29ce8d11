package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

const (
	// KeyBytes is the length of a key: AES-256.
	KeyBytes = 32
	// MaxKeys bounds the keys of a box.
	MaxKeys = 16
	// MaxPlain bounds what is sealed, in bytes.
	MaxPlain = 64 << 10

	// format begins what this build seals: "s1:<key>:<nonce and ciphertext>".
	format = "s1"
)

// Box seals and opens. It is safe for concurrent use.
type Box struct {
	keys []key // the last one seals
}

type key struct {
	id   string // first 8 hexadecimal digits of its hash
	aead cipher.AEAD
}

// NewBox returns a box with these keys of [KeyBytes] each, of which the last
// one seals.
func NewBox(keys ...[]byte) (*Box, error) {
	if len(keys) == 0 || len(keys) > MaxKeys {
		return nil, fmt.Errorf("there are %d keys, not 1 to %d", len(keys), MaxKeys)
	}
	b := &Box{}
	for _, k := range keys {
		if len(k) != KeyBytes {
			return nil, fmt.Errorf("a key has %d bytes, not %d", len(k), KeyBytes)
		}
		block, err := aes.NewCipher(k)
		if err != nil {
			return nil, fmt.Errorf("read a key: %w", err)
		}
		// A random nonce of 96 bits: a key is good for 2³² values.
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("read a key: %w", err)
		}
		sum := sha256.Sum256(k)
		b.keys = append(b.keys, key{hex.EncodeToString(sum[:4]), aead})
	}
	return b, nil
}

// Seal returns plain, at most [MaxPlain] bytes, as text that only this box
// opens, and only for the same purpose: what is sealed in one place is of no
// use in another.
func (b *Box) Seal(plain, purpose string) (string, error) {
	if len(plain) > MaxPlain {
		return "", gatewright.Errorf(gatewright.LimitExceeded, "a secret has %d bytes; at most %d are allowed", len(plain), MaxPlain)
	}
	k := b.keys[len(b.keys)-1]
	return format + ":" + k.id + ":" + base64.RawURLEncoding.EncodeToString(k.aead.Seal(nil, nil, []byte(plain), []byte(purpose))), nil
}

// Open returns what was sealed for the purpose. Its errors,
// [gatewright.Unavailable], hold nothing of it.
func (b *Box) Open(sealed, purpose string) (string, error) {
	version, rest, _ := strings.Cut(sealed, ":")
	id, text, ok := strings.Cut(rest, ":")
	if version != format || !ok {
		return "", gatewright.Errorf(gatewright.Unavailable, "a sealed value is not in the form that this version writes")
	}
	i := slices.IndexFunc(b.keys, func(k key) bool { return k.id == id })
	if i < 0 {
		return "", gatewright.Errorf(gatewright.Unavailable, "it was sealed with the key %s, which is not in the key file; put that key back, or set the value again", id)
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		raw, err = b.keys[i].aead.Open(nil, nil, raw, []byte(purpose))
	}
	if err != nil {
		return "", gatewright.Errorf(gatewright.Unavailable, "a sealed value was altered, or belongs elsewhere; set it again")
	}
	return string(raw), nil
}

// Current reports whether the key that seals now has sealed it.
func (b *Box) Current(sealed string) bool {
	return strings.HasPrefix(sealed, format+":"+b.keys[len(b.keys)-1].id+":")
}
