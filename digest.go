package gatewright

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"strings"
)

// Digest identifies the entries of a manifest. Generations alone do not: after
// a control plane was restored from a backup, or begun anew, equal ones need
// not mean equal content. "" is the digest of nobody knows what.
//
// It is the sum, modulo 2^256, of the SHA-256 of each entry, so their order
// does not matter and altering one of 10,000 costs one addition and one
// subtraction. Two manifests have the same digest only if the sums of the
// entries in which they differ are equal: by chance that is one in 2^256.
// Somebody who may choose thousands of entries could search for such sets with
// less work than for a collision of SHA-256; all that would be won is a wrong
// word in a status. What gateways load is found and verified by its own [Hash].
type Digest string

// digestPrefix tells how a digest was made.
const digestPrefix = "sum256:"

// NoEntries is the digest of the empty manifest.
const NoEntries Digest = digestPrefix + "0000000000000000000000000000000000000000000000000000000000000000"

// DigestOf returns the digest of a manifest's entries.
func DigestOf(entries map[Key]Hash) Digest {
	var s digestSum
	for k, h := range entries {
		s.add(entrySum(k, h))
	}
	return s.digest()
}

// Alter returns the digest of the entries that d is of, without those that are
// gone and with those that have come; a replaced one is in both. It fails when
// d is no digest.
func (d Digest) Alter(gone, come map[Key]Hash) (Digest, error) {
	s, err := parseDigest(d)
	if err != nil {
		return "", err
	}
	for k, h := range gone {
		s.subtract(entrySum(k, h))
	}
	for k, h := range come {
		s.add(entrySum(k, h))
	}
	return s.digest(), nil
}

// digestSum is a number of 256 bits, its lowest word first.
type digestSum [4]uint64

// entrySum is what one entry adds.
func entrySum(k Key, h Hash) digestSum {
	// No key holds NUL, so that no two entries are written alike.
	return sumOf(sha256.Sum256([]byte(string(k) + "\x00" + string(h))))
}

func sumOf(b [sha256.Size]byte) (s digestSum) {
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return s
}

func (s *digestSum) add(o digestSum) {
	var carry uint64
	for i := range s {
		s[i], carry = bits.Add64(s[i], o[i], carry)
	}
}

func (s *digestSum) subtract(o digestSum) {
	var borrow uint64
	for i := range s {
		s[i], borrow = bits.Sub64(s[i], o[i], borrow)
	}
}

func (s *digestSum) digest() Digest {
	b := make([]byte, 0, sha256.Size)
	for _, word := range s {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return Digest(digestPrefix + hex.EncodeToString(b))
}

func parseDigest(d Digest) (digestSum, error) {
	var b [sha256.Size]byte
	digits, ok := strings.CutPrefix(string(d), digestPrefix)
	if !ok || len(digits) != 2*len(b) {
		return digestSum{}, fmt.Errorf("%.100q is not the digest of a manifest", d)
	}
	if _, err := hex.Decode(b[:], []byte(digits)); err != nil {
		return digestSum{}, fmt.Errorf("%.100q is not the digest of a manifest: %w", d, err)
	}
	return sumOf(b), nil
}
