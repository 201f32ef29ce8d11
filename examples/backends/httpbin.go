package backends

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Limits of what httpbin can be asked for.
const (
	MaxDelay = 10 * time.Second
	MaxLines = 100
)

// echo is what httpbin tells about a request.
type echo struct {
	Args    map[string]any `json:"args"`
	Data    *string        `json:"data,omitempty"`
	Headers map[string]any `json:"headers"`
	ID      *int           `json:"id,omitempty"` // of a line
	Method  string         `json:"method"`
	Origin  string         `json:"origin"`
	URL     string         `json:"url"`
}

// Httpbin returns a service that tells what it was asked; it calls itself
// name in the header X-Backend.
func Httpbin(name string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /headers", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, map[string]any{"headers": headersOf(r)})
	})
	mux.HandleFunc("GET /ip", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, map[string]any{"origin": originOf(r)})
	})
	mux.HandleFunc("GET /uuid", uuid)
	mux.HandleFunc("GET /get", tell)
	mux.HandleFunc("POST /post", tell)
	mux.HandleFunc("/anything", tell)
	mux.HandleFunc("GET /status/{code}", status)
	mux.HandleFunc("GET /delay/{seconds}", delay)
	mux.HandleFunc("GET /stream/{n}", stream)
	return named(name, mux)
}

func headersOf(r *http.Request) map[string]any {
	headers := flat(r.Header)
	headers["Host"] = r.Host
	return headers
}

// flat gives the values of each name, a single one as it is.
func flat(values map[string][]string) map[string]any {
	m := make(map[string]any, len(values)+1)
	for k, v := range values {
		if len(v) == 1 {
			m[k] = v[0]
			continue
		}
		m[k] = v
	}
	return m
}

func originOf(r *http.Request) string {
	if forwarded := r.Header.Get("X-Forwarded-For"); forwarded != "" {
		return forwarded
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func echoOf(r *http.Request) echo {
	return echo{
		Args: flat(r.URL.Query()), Headers: headersOf(r), Method: r.Method, Origin: originOf(r),
		URL: "http://" + r.Host + r.URL.RequestURI(),
	}
}

func tell(w http.ResponseWriter, r *http.Request) {
	e := echoOf(r)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			refuse(w, http.StatusRequestEntityTooLarge, "read the body: %s", err)
			return
		}
		data := strings.ToValidUTF8(string(body), "\uFFFD")
		e.Data = &data
	}
	answer(w, http.StatusOK, e)
}

func uuid(w http.ResponseWriter, _ *http.Request) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		refuse(w, http.StatusInternalServerError, "no randomness: %s", err)
		return
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	answer(w, http.StatusOK, map[string]string{
		"uuid": fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16]),
	})
}

func status(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.PathValue("code"))
	if err != nil || code < 100 || code > 599 {
		refuse(w, http.StatusBadRequest, "%q is not a status between 100 and 599", r.PathValue("code"))
		return
	}
	if code < 200 { // an interim response; a final one has to follow
		if code != http.StatusSwitchingProtocols {
			w.WriteHeader(code)
		}
		code = http.StatusOK
	}
	w.WriteHeader(code)
}

func delay(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.ParseFloat(r.PathValue("seconds"), 64)
	if err != nil || !(seconds >= 0 && seconds <= MaxDelay.Seconds()) {
		refuse(w, http.StatusBadRequest, "%q is not a number of seconds between 0 and %g", r.PathValue("seconds"), MaxDelay.Seconds())
		return
	}
	timer := time.NewTimer(time.Duration(seconds * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		answer(w, http.StatusOK, echoOf(r))
	case <-r.Context().Done():
	}
}

func stream(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > MaxLines {
		refuse(w, http.StatusBadRequest, "%q is not a number of lines between 1 and %d", r.PathValue("n"), MaxLines)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	out := http.NewResponseController(w)
	lines := json.NewEncoder(w)
	e := echoOf(r)
	for i := range n {
		e.ID = &i
		if lines.Encode(e) != nil || out.Flush() != nil {
			return // the client went away
		}
	}
}
