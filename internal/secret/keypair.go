package secret

import (
	"crypto/ecdh"
	"crypto/hpke"
	"fmt"

	"github.com/gatewright/gatewright"
)

// PublicKeyBytes is the length of a public key: X25519.
const PublicKeyBytes = 32

// letterFormat begins what [SealTo] returns.
const letterFormat = 1

// KeyPair opens what was sealed to its public key, and nothing else does: not
// even whoever sealed it. It is safe for concurrent use.
type KeyPair struct{ private hpke.PrivateKey }

// NewKeyPair makes a key pair.
func NewKeyPair() (*KeyPair, error) {
	k, err := hpke.DHKEM(ecdh.X25519()).GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("make a key pair: %w", err)
	}
	return &KeyPair{k}, nil
}

// ParseKeyPair returns the key pair whose [KeyPair.Private] is b. Its error
// tells nothing of b.
func ParseKeyPair(b []byte) (*KeyPair, error) {
	k, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(b)
	if err != nil {
		return nil, gatewright.Errorf(gatewright.Invalid, "it is not a private key")
	}
	return &KeyPair{k}, nil
}

// Private returns the private key, for a file that nobody else reads.
func (k *KeyPair) Private() ([]byte, error) {
	b, err := k.private.Bytes()
	if err != nil {
		return nil, fmt.Errorf("read the private key: %w", err)
	}
	return b, nil
}

// Public returns the public key, [PublicKeyBytes] long.
func (k *KeyPair) Public() []byte { return k.private.PublicKey().Bytes() }

// SealTo seals plain to the owner of a public key, for one purpose (RFC 9180,
// base mode, X25519, HKDF-SHA256, AES-256-GCM). A key that is none is
// [gatewright.Invalid].
func SealTo(public []byte, purpose string, plain []byte) ([]byte, error) {
	to, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(public)
	if err != nil {
		return nil, gatewright.Errorf(gatewright.Invalid, "it is not a public key of %d bytes", PublicKeyBytes)
	}
	sealed, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(purpose), plain)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return append([]byte{letterFormat}, sealed...), nil
}

// Open returns what was sealed to the pair's public key for the purpose. Its
// errors, [gatewright.Unavailable], hold nothing of it.
func (k *KeyPair) Open(sealed []byte, purpose string) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != letterFormat {
		return nil, gatewright.Errorf(gatewright.Unavailable, "a sealed value is not in the form that this version writes")
	}
	plain, err := hpke.Open(k.private, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(purpose), sealed[1:])
	if err != nil {
		return nil, gatewright.Errorf(gatewright.Unavailable, "a sealed value was altered, was sealed to another key, or belongs elsewhere")
	}
	return plain, nil
}
