package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// DefaultTolerance is how far a signature's time may be from the receiver's
// clock. It bounds how long a recorded message can be played back.
const DefaultTolerance = 5 * time.Minute

// maxSignatures bounds the signatures looked at in one header.
const maxSignatures = 10

// Sign returns the value of the header [HeaderSignature] for a body sent at a
// time: "t=<Unix seconds>,v1=<signature>". The signature is the HMAC-SHA256,
// keyed by the secret, of the seconds, a dot and the body, in lower-case
// hexadecimal.
func Sign(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(hmacOf(secret, seconds, body))
}

// Verify reports whether a body came from who has the secret, at most
// tolerance ago or ahead of now. One valid v1 is enough, so that a secret can
// be replaced; members of other names are ignored.
func Verify(secret, header string, body []byte, now time.Time, tolerance time.Duration) error {
	if secret == "" {
		return errors.New("there is no secret to verify with")
	}
	seconds := ""
	var signatures []string
	for part := range strings.SplitSeq(header, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			if seconds != "" {
				return errors.New("the signature has two times")
			}
			seconds = value
		case "v1":
			signatures = append(signatures, value)
		}
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	switch {
	case err != nil:
		return errors.New("the signature has no time; expected t=<Unix seconds>,v1=<hexadecimal>")
	case len(signatures) == 0 || len(signatures) > maxSignatures:
		return errors.New("the signature has no v1, or too many")
	}
	want := hmacOf(secret, seconds, body)
	valid := false
	for _, s := range signatures {
		got, err := hex.DecodeString(s)
		valid = err == nil && hmac.Equal(got, want) || valid
	}
	if !valid {
		return errors.New("the signature is not of this body with this secret")
	}
	if age := now.Sub(time.Unix(unix, 0)); age > tolerance || age < -tolerance {
		return errors.New("the signature is too old, or a clock is wrong")
	}
	return nil
}

func hmacOf(secret, seconds string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds)) // a hash takes everything
	mac.Write([]byte{'.'})
	mac.Write(body)
	return mac.Sum(nil)
}
