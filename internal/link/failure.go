package link

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gatewright/gatewright"
)

// Status returns the HTTP status an error travels with.
func Status(code gatewright.Code) int {
	switch code {
	case gatewright.Invalid:
		return http.StatusBadRequest
	case gatewright.NotFound:
		return http.StatusNotFound
	case gatewright.Conflict:
		return http.StatusConflict
	case gatewright.Unauthenticated:
		return http.StatusUnauthorized
	case gatewright.Forbidden:
		return http.StatusForbidden
	case gatewright.PreconditionFailed:
		return http.StatusPreconditionFailed
	case gatewright.LimitExceeded:
		return http.StatusTooManyRequests
	case gatewright.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// DecodeError returns the error that an answer with that status holds. An
// answer in another form, as proxies give, becomes [gatewright.Unavailable].
func DecodeError(status int, body []byte) error {
	e := new(gatewright.Error)
	if err := json.Unmarshal(body, e); err == nil && e.Code != "" && Status(e.Code) == status {
		return e
	}
	return gatewright.Errorf(gatewright.Unavailable, "the server answered %s, and not as a control plane does", statusText(status))
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprintf("status %d", status)
}
