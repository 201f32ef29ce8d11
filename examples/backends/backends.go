package backends

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// MaxBodyBytes bounds the request bodies the backends read.
const MaxBodyBytes = 1 << 20

// named adds the header by which people see who answered.
func named(name string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Backend", name)
		r.Body = http.MaxBytesReader(w, r.Body, MaxBodyBytes)
		h.ServeHTTP(w, r)
	})
}

// problem is the body of an answer that is not a success.
type problem struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func refuse(w http.ResponseWriter, code int, format string, args ...any) {
	answer(w, code, problem{code, fmt.Sprintf(format, args...)})
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, code int, v any) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n')) // a client that went away misses it
}

// read decodes the body into v; false when it has refused the request.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(r.Body)
	err := d.Decode(v)
	if err == nil && d.More() {
		err = errors.New("there is something behind the JSON value")
	}
	var long *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &long):
		refuse(w, http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", long.Limit)
	case errors.Is(err, io.EOF):
		refuse(w, http.StatusBadRequest, "the body is empty")
	default:
		refuse(w, http.StatusBadRequest, "the body is not what is expected: %s", err)
	}
	return false
}
