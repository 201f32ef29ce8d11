package gatewright_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
)

var uuidV7 = regexp.MustCompile(`^api_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestNewIDForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, 1<<48-1).Draw(t, "milliseconds")
		id := gatewright.NewID("api_", time.UnixMilli(ms))
		if !uuidV7.MatchString(id) {
			t.Fatalf("%q is no UUIDv7 behind its prefix", id)
		}
		stamp := strings.ReplaceAll(strings.TrimPrefix(id, "api_"), "-", "")[:12]
		if got, err := strconv.ParseInt(stamp, 16, 64); err != nil || got != ms {
			t.Fatalf("%q was made at %d, not %d (%v)", id, got, ms, err)
		}
	})
}

func TestNewIDSortsByTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, 1<<48-2).Draw(t, "milliseconds")
		later := rapid.Int64Range(ms+1, 1<<48-1).Draw(t, "later")
		a, b := gatewright.NewID("x_", time.UnixMilli(ms)), gatewright.NewID("x_", time.UnixMilli(later))
		if a >= b {
			t.Fatalf("%q of %d does not sort before %q of %d", a, ms, b, later)
		}
	})
}

func TestNewIDIgnoresTheTimeZone(t *testing.T) {
	at := time.UnixMilli(1_795_000_000_000)
	a, b := gatewright.NewID("", at.UTC()), gatewright.NewID("", at.In(time.FixedZone("east", 9*3600)))
	if a[:13] != b[:13] {
		t.Fatalf("%q and %q are of one moment", a, b)
	}
}

func TestNewIDIsUnique(t *testing.T) {
	ids := make([]string, 10_000)
	for i := range ids {
		ids[i] = gatewright.NewID("ins_", noon)
	}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 10_000 {
		t.Fatalf("%d different of 10000 made in one millisecond", n)
	}
}
