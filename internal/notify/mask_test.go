package notify_test

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright/internal/notify"
)

func TestMask(t *testing.T) {
	const hook = "https://hooks.example.com/services/T0/B0AAAAAA/s%2Becret9?access_token=tok%20en99&x=1"
	secrets := notify.SecretsOf(hook, "sign+me")
	for _, text := range []string{
		hook, "/services/T0/B0AAAAAA/s%2Becret9", "B0AAAAAA", "s+ecret9", "s%2Becret9", "tok en99", "tok%20en99",
		"access_token=tok%20en99&x=1", "sign+me", "sign%2Bme",
	} {
		got := notify.Mask("it said "+text+" twice: "+text, secrets)
		for _, part := range []string{"B0AAAAAA", "ecret9", "en99", "sign"} {
			if strings.Contains(got, part) {
				t.Errorf("%q becomes %q", text, got)
			}
		}
	}
	if got := notify.Mask("it answers 404 Not Found", secrets); got != "it answers 404 Not Found" {
		t.Errorf("ordinary words become %q", got)
	}
}
