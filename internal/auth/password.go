package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"

	"github.com/gatewright/gatewright"
)

// HashParams say how much work a password's hash is.
type HashParams struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// DefaultHashParams are what OWASP advises for Argon2id at least. Twice the
// memory would halve how many logins a small machine can take at a time.
func DefaultHashParams() HashParams { return HashParams{Memory: 19 * 1024, Passes: 2, Threads: 1} }

// Limits of hashing.
const (
	MaxHashesAtOnce  = 4   // under way at a time, each with its memory
	MaxHashesWaiting = 100 // then the next is refused

	saltLength = 16 // bytes
	keyLength  = 32 // bytes

	// What is read back from the store may ask for no more than this.
	maxHashMemory  = 256 * 1024 // KiB
	maxHashPasses  = 16
	maxHashThreads = 16
	maxPHCLength   = 512 // bytes
)

// Hasher makes and checks hashes of passwords. It is safe for use by several
// goroutines.
type Hasher struct {
	params  HashParams
	slots   chan struct{} // one for each hash under way
	waiting chan struct{} // one for each hash under way or waiting
	nobody  string        // hash that no password has
}

// NewHasher returns a Hasher that makes hashes with the given parameters.
func NewHasher(p HashParams) (*Hasher, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	h := &Hasher{
		params:  p,
		slots:   make(chan struct{}, MaxHashesAtOnce),
		waiting: make(chan struct{}, MaxHashesAtOnce+MaxHashesWaiting),
	}
	salt, key := make([]byte, saltLength), make([]byte, keyLength)
	for _, b := range [][]byte{salt, key} {
		if _, err := rand.Read(b); err != nil {
			return nil, fmt.Errorf("make a salt: %w", err)
		}
	}
	h.nobody = phc{p, salt, key}.String()
	return h, nil
}

func (p HashParams) check() error {
	if p.Memory < 8*uint32(p.Threads) || p.Memory > maxHashMemory || p.Passes < 1 || p.Passes > maxHashPasses || p.Threads < 1 || p.Threads > maxHashThreads {
		return fmt.Errorf("argon2id parameters m=%d,t=%d,p=%d are out of range", p.Memory, p.Passes, p.Threads)
	}
	return nil
}

// Hash returns the PHC string of a password that was checked with
// [CheckPassword]. It fails with [gatewright.Unavailable] when too many hashes
// are waiting, and with ctx.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > maxPasswordBytes {
		return "", gatewright.FieldErrorf("password", "the password has %d bytes; at most %d are allowed", len(password), maxPasswordBytes)
	}
	salt := make([]byte, saltLength)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("make a salt: %w", err)
	}
	key, err := h.key(ctx, h.params, salt, password)
	if err != nil {
		return "", err
	}
	return phc{h.params, salt, key}.String(), nil
}

// Verify reports whether the password is the one that stored is of, and whether
// it should be hashed anew because the parameters are others now. An empty
// stored string, of somebody who does not exist or has no password, takes the
// same work and is never right. Errors are those of [Hasher.Hash], and of a
// stored string that is damaged.
func (h *Hasher) Verify(ctx context.Context, stored, password string) (ok, outdated bool, err error) {
	known := stored != ""
	if !known {
		stored = h.nobody
	}
	if len(password) > maxPasswordBytes { // no password is that long
		known, password = false, ""
	}
	want, err := parsePHC(stored)
	if err != nil {
		return false, false, err
	}
	got, err := h.key(ctx, want.params, want.salt, password)
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, want.key) == 1 && known
	return ok, ok && want.params != h.params, nil
}

// key does the work, as soon as there is room for it.
func (h *Hasher) key(ctx context.Context, p HashParams, salt []byte, password string) ([]byte, error) {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return nil, gatewright.Errorf(gatewright.Unavailable, "too many people are logging in at the moment; try again in a few seconds")
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("wait to hash a password: %w", err)
	}
	return argon2.IDKey([]byte(prepare(password)), salt, p.Passes, p.Memory, p.Threads, keyLength), nil
}

// prepare returns the password in the one form it is hashed in, whatever the
// keyboard made of it (RFC 8265, OpaqueString). What that profile refuses stays
// as it is; it cannot have been set.
func prepare(password string) string {
	if p, err := precis.OpaqueString.String(password); err == nil {
		return p
	}
	return password
}

// phc is a hash in the string format of the Password Hashing Competition.
type phc struct {
	params    HashParams
	salt, key []byte
}

// String returns $argon2id$v=19$m=…,t=…,p=…$salt$key.
func (p phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.params.Memory, p.params.Passes, p.params.Threads, b64.EncodeToString(p.salt), b64.EncodeToString(p.key))
}

// parsePHC reads what String writes of a hash, and nothing that would cost too
// much. The lengths of salt and key are the only ones that are written: a
// quarter of all strings that are cut off would else pass for hashes with a
// shorter key. Errors do not show the string.
func parsePHC(s string) (phc, error) {
	var p phc
	parts := strings.Split(s, "$")
	if len(s) > maxPHCLength || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, fmt.Errorf("the stored password is not an argon2id hash of version %d", argon2.Version)
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.params.Memory, &p.params.Passes, &p.params.Threads); err != nil {
		return phc{}, fmt.Errorf("read the parameters of a stored password: %w", err)
	}
	if err := p.params.check(); err != nil {
		return phc{}, fmt.Errorf("read the parameters of a stored password: %w", err)
	}
	b64 := base64.RawStdEncoding.Strict()
	var saltErr, keyErr error
	p.salt, saltErr = b64.DecodeString(parts[4])
	p.key, keyErr = b64.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(p.salt) != saltLength || len(p.key) != keyLength || p.String() != s {
		return phc{}, fmt.Errorf("the stored password's salt or key is damaged")
	}
	return p, nil
}
