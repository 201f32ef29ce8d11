package auth

import (
	"crypto/rand"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"

	"github.com/gatewright/gatewright"
)

// SecretKind says what a secret opens; it stands in the secret, so that people
// and scanners know what they have found.
type SecretKind string

// The kinds of secret.
const (
	SecretPersonal SecretKind = "pat" // the management API, as its owner
	SecretService  SecretKind = "svc" // the management API, as a service
	SecretInstance SecretKind = "ins" // the link, for gateways of one group
	SecretAdmin    SecretKind = "adm" // the management API, as the installation's first administrator
	SecretSession  SecretKind = "ses" // the management API, through a browser's cookie
)

// The form of a secret: gw_<kind>_<random>_<checksum>. The random part is
// secretBytes in base 62 and the checksum the CRC-32 (IEEE) of all before its
// underscore in base 62, both padded with zeros to their length. A scanner
// finds them with
//
//	gw_(pat|svc|ins|adm|ses)_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}
const (
	secretPrefix   = "gw_"
	secretBytes    = 32
	randomDigits   = 43 // 62^43 > 2^256
	checksumDigits = 6  // 62^6 > 2^32
)

// The prefixes of secrets that were made before there were kinds and
// checksums. They go on to open what they opened.
const (
	earlyAdmin    = "gwa_"
	earlyInstance = "gwi_"
)

// maxSecretLength bounds, in bytes, what is looked at as a secret.
const maxSecretLength = 128

// NewSecret returns a new secret with 256 random bits, and the hash by which it
// is kept. The secret itself is shown once and never stored.
func NewSecret(kind SecretKind) (secret string, hash gatewright.Hash, err error) {
	var b [secretBytes]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", "", fmt.Errorf("make a secret: %w", err)
	}
	secret = secretPrefix + string(kind) + "_" + base62(new(big.Int).SetBytes(b[:]), randomDigits)
	secret += "_" + checksum(secret)
	return secret, HashSecret(secret), nil
}

// HashSecret returns the hash by which a secret is kept and found. With 256
// random bits in it there is nothing to be gained by guessing, so a fast hash
// will do.
func HashSecret(secret string) gatewright.Hash { return gatewright.HashBytes([]byte(secret)) }

// ParseSecret returns the kind of a secret, or [gatewright.Unauthenticated]
// when it is none: a mistyped one is known by its checksum without a look into
// the store. Whether a secret is valid only its hash says.
func ParseSecret(secret string) (SecretKind, error) {
	refused := gatewright.Errorf(gatewright.Unauthenticated, "this is not a token of Gatewright; it may be mistyped or cut off")
	switch {
	case len(secret) > maxSecretLength:
		return "", refused
	case strings.HasPrefix(secret, earlyAdmin) && len(secret) > len(earlyAdmin):
		return SecretAdmin, nil
	case strings.HasPrefix(secret, earlyInstance) && len(secret) > len(earlyInstance):
		return SecretInstance, nil
	}
	rest, ok := strings.CutPrefix(secret, secretPrefix)
	parts := strings.Split(rest, "_")
	if !ok || len(parts) != 3 || len(parts[1]) != randomDigits || len(parts[2]) != checksumDigits {
		return "", refused
	}
	if checksum(strings.TrimSuffix(secret, "_"+parts[2])) != parts[2] {
		return "", refused
	}
	switch kind := SecretKind(parts[0]); kind {
	case SecretPersonal, SecretService, SecretInstance, SecretAdmin, SecretSession:
		return kind, nil
	}
	return "", refused
}

func checksum(s string) string {
	return base62(new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(s)))), checksumDigits)
}

// base62 writes n with at least the given number of digits: 0-9, a-z, A-Z.
func base62(n *big.Int, digits int) string {
	s := n.Text(62)
	return strings.Repeat("0", max(0, digits-len(s))) + s
}
