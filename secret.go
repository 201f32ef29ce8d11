package gatewright

import "strings"

// Validate checks the identifier's form: it names files and paths.
func (id SecretID) Validate() error {
	rest, ok := strings.CutPrefix(string(id), "sec_")
	if !ok || len(rest) == 0 || len(rest) > 64 || strings.Trim(rest, "0123456789abcdef-") != "" {
		return FieldErrorf("secret", "%.100q is not the identifier of a secret", id)
	}
	return nil
}

// Purpose is what the secret is sealed to a gateway for.
func (id SecretID) Purpose() string { return "gatewright/secret/" + string(id) }

// Secrets lists the secrets that the resource cannot run without.
func (r *Resource) Secrets() []SecretID {
	if r.Source != nil && r.Source.Password != "" {
		return []SecretID{r.Source.Password}
	}
	return nil
}
