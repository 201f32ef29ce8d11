package gatewright

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Masked stands where a secret was.
const Masked = "[masked]"

// MaskState returns v as JSON without its secrets, as audit entries keep it:
// members whose names say that they are secret, and what looks like one of
// Gatewright's keys, a password's hash or the password of a URL in any other
// text. nil, also in an interface, is empty.
func MaskState(v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write down for the audit log: %w", err)
	}
	if string(raw) == "null" {
		return nil, nil
	}
	tree, err := decodeJSON(raw)
	if err != nil {
		return nil, err
	}
	return appendJSON(nil, maskTree(tree)), nil
}

// Secrets by their form.
var (
	// secretText finds keys and tokens of Gatewright and hashed passwords.
	secretText = regexp.MustCompile(`\bgw[a-z]{0,3}_[0-9A-Za-z_-]{16,}|\$argon2id\$[^\s"]+`)
	// secretInURL finds the password that follows a user's name in a URL.
	secretInURL = regexp.MustCompile(`(://[^/\s:@]*:)[^/\s@]+@`)
)

// MaskText returns s without what looks like a secret.
func MaskText(s string) string {
	return secretInURL.ReplaceAllString(secretText.ReplaceAllString(s, Masked), "${1}"+Masked+"@")
}

// secretWords make a member secret whose name holds one of them, whatever the
// case and without separators.
var secretWords = []string{
	"password", "passwd", "passphrase", "secret", "privatekey", "apikey", "accesskey", "signingkey", "sessionkey", "priorkey",
	"authorization", "cookie", "dsn",
}

// secretMember reports whether the member name of object is not to be told.
func secretMember(object map[string]any, name string) bool {
	plain := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(name))
	for _, word := range secretWords {
		if strings.Contains(plain, word) {
			return true
		}
	}
	switch plain {
	case "token":
		id, _ := object[name].(string)
		return !strings.HasPrefix(id, "tok_") // an identifier is no secret
	case "hash":
		return !fingerprints(object)
	}
	return false
}

// fingerprints reports whether the hash in object is that of some content, of
// a revision or an audit entry, and not of a secret.
func fingerprints(object map[string]any) bool {
	for _, name := range []string{"number", "label"} {
		if _, ok := object[name]; ok {
			return true
		}
	}
	_, counted := object["id"].(json.Number)
	return counted
}

// maskTree masks what [decodeJSON] returned.
func maskTree(v any) any {
	switch v := v.(type) {
	case string:
		return MaskText(v)
	case []any:
		for i := range v {
			v[i] = maskTree(v[i])
		}
	case map[string]any:
		masked := make(map[string]any, len(v))
		for name, value := range v {
			if value != nil && value != "" && secretMember(v, name) {
				masked[MaskText(name)] = Masked
				continue
			}
			masked[MaskText(name)] = maskTree(value)
		}
		return masked
	}
	return v
}
