package notify

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gatewright/gatewright"
)

// Failure is why an attempt did not succeed. Its text is fit to be shown: it
// has no secrets.
type Failure struct {
	Final bool          // trying again cannot help
	After time.Duration // the receiver asks not to be tried before; zero when it does not
	text  string
}

// Error returns the cause, at most [gatewright.MaxDeliveryError] bytes.
func (f *Failure) Error() string { return f.text }

// asFailure returns the failure in err's chain; anything else may be tried
// again.
func asFailure(err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return &Failure{text: err.Error()}
}

func finally(format string, args ...any) error {
	return &Failure{Final: true, text: fmt.Sprintf(format, args...)}
}

func forNow(format string, args ...any) error {
	return &Failure{text: fmt.Sprintf(format, args...)}
}

// judge turns the status of an answer into an error, nil for success. What the
// receiver said is not part of it.
func judge(status int, header http.Header, now time.Time) error {
	f := &Failure{text: "it answers " + statusText(status)}
	switch {
	case status >= 200 && status <= 299:
		return nil
	case status >= 300 && status <= 399:
		f.Final = true
		f.text += "; redirects are not followed, set the receiver's URL to where it is"
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		f.After = retryAfter(header.Get("Retry-After"), now)
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly:
	case status >= 400 && status <= 499:
		f.Final = true
	}
	return f
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return strconv.Itoa(status) + " " + text
	}
	return strconv.Itoa(status)
}

// retryAfter reads a Retry-After field: seconds or a date. What it cannot
// read is zero, and what is longer than [MaxBackoff] is cut to it.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, MaxBackoff)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), MaxBackoff)
}

// maxEcho bounds what is repeated of a receiver's own words, in bytes.
const maxEcho = 200

// echo makes a receiver's own words fit for an error: printable, on one line,
// short.
func echo(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, cut(s, 4*maxEcho))
	return cut(strings.Join(strings.Fields(s), " "), maxEcho)
}

// cut returns at most limit bytes of s, valid UTF-8.
func cut(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.ToValidUTF8(s, "")
}

// shown returns err as a failure whose text is without the secrets.
func shown(err error, secrets []string) *Failure {
	f := *asFailure(err)
	f.text = cut(mask(f.text, secrets), gatewright.MaxDeliveryError)
	return &f
}
