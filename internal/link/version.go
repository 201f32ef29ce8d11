package link

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
)

// Protocol is the version of the link this build speaks. It also understands
// the versions from MinProtocol on.
const (
	Protocol    = 1
	MinProtocol = 1
)

// Header fields of the link.
const (
	HeaderProtocol = "Gatewright-Link"    // on every request and response: the versions the sender speaks, "1-2"
	HeaderVersion  = "Gatewright-Version" // on every request and response: the sender's build, for messages
	HeaderSession  = "Gatewright-Session" // on stream requests: the session key
)

// SetVersion says in h which protocols and build the sender is.
func SetVersion(h http.Header, build string) {
	h.Set(HeaderProtocol, versions(MinProtocol, Protocol))
	h.Set(HeaderVersion, build)
}

// CheckVersion reports whether this build (self, "this gateway" or "this
// control plane") and the peer that sent h have a version in common; the
// newest one is spoken. The error is [gatewright.PreconditionFailed] and says
// what to do.
func CheckVersion(h http.Header, self, peer string) error {
	text := h.Get(HeaderProtocol)
	if text == "" {
		return gatewright.Errorf(gatewright.PreconditionFailed, "%s does not speak the Gatewright link; look at the address, and at proxies in between that drop the header %s", peer, HeaderProtocol)
	}
	low, high, ok := parseVersions(text)
	if !ok {
		return gatewright.Errorf(gatewright.PreconditionFailed, "%s sent %.40q as its link versions, which are none", peer, text)
	}
	if high < MinProtocol || low > Protocol {
		build := h.Get(HeaderVersion)
		if build == "" {
			build = "unknown build"
		}
		return gatewright.Errorf(gatewright.PreconditionFailed,
			"%s (%.100s) speaks link version %s, %s speaks %s; run neighbouring versions of Gatewright on both sides",
			peer, build, versions(low, high), self, versions(MinProtocol, Protocol))
	}
	return nil
}

func versions(low, high int) string {
	if low == high {
		return strconv.Itoa(low)
	}
	return strconv.Itoa(low) + "-" + strconv.Itoa(high)
}

func parseVersions(text string) (low, high int, ok bool) {
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		last = first
	}
	low, err := strconv.Atoi(first)
	if err != nil {
		return 0, 0, false
	}
	if high, err = strconv.Atoi(last); err != nil {
		return 0, 0, false
	}
	return low, high, low >= 1 && low <= high
}
