package param

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of what a caller sends.
const (
	MaxBodyBytes = 1 << 20   // of the JSON that holds the parameters
	MaxTextBytes = 256 << 10 // of one text
	MaxItems     = 10_000    // of one array
	MaxDepth     = 32        // of nested JSON
)

// readJSON parses one JSON value. Numbers stay text, an object may have each
// key once, invalid UTF-8 is refused: whatever two readers could understand
// differently is no input.
func readJSON(data []byte) (any, *Fault) {
	if len(data) > MaxBodyBytes {
		return nil, Faultf(TooLarge, "", "the parameters have %d bytes; at most %d are allowed", len(data), MaxBodyBytes)
	}
	if !utf8.Valid(data) {
		return nil, Faultf(Malformed, "", "the parameters are not valid UTF-8")
	}
	if !json.Valid(data) {
		var discard any
		return nil, Faultf(Malformed, "", "the parameters are not JSON: %v", json.Unmarshal(data, &discard))
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return readValue(dec, 0)
}

func readValue(dec *json.Decoder, depth int) (any, *Fault) {
	if depth > MaxDepth {
		return nil, Faultf(TooLarge, "", "the parameters are nested deeper than %d levels", MaxDepth)
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, Faultf(Malformed, "", "the parameters are not JSON: %v", err)
	}
	switch tok {
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			if len(list) == MaxItems {
				return nil, Faultf(TooLarge, "", "an array has more than %d elements", MaxItems)
			}
			v, f := readValue(dec, depth+1)
			if f != nil {
				return nil, f
			}
			list = append(list, v)
		}
		_, err = dec.Token()
		return list, endFault(err)
	case json.Delim('{'):
		object := map[string]any{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, endFault(err)
			}
			name := fmt.Sprint(key)
			if _, twice := object[name]; twice {
				return nil, Faultf(Malformed, name, "%q is there twice; send it once", clip(name))
			}
			v, f := readValue(dec, depth+1)
			if f != nil {
				return nil, f
			}
			object[name] = v
		}
		_, err = dec.Token()
		return object, endFault(err)
	}
	return tok, nil
}

func endFault(err error) *Fault {
	if err == nil {
		return nil
	}
	return Faultf(Malformed, "", "the parameters are not JSON: %v", err)
}

// clip shortens what a caller sent for a message.
func clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return strings.ToValidUTF8(s, "�")
	}
	return strings.ToValidUTF8(string([]rune(s)[:most]), "�") + "…"
}
