package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/auth"
)

func TestTooManyAttemptsSaysHowLong(t *testing.T) {
	for wait, words := range map[time.Duration]string{
		time.Millisecond: "in 1 second", time.Second: "in 1 second", 1100 * time.Millisecond: "in 2 seconds", time.Minute: "in 60 seconds",
	} {
		if err := auth.TooManyAttempts(wait); !strings.HasSuffix(err.Message, words) {
			t.Errorf("%s: %s", wait, err.Message)
		}
	}
}
