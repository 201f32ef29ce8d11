package control

import "golang.org/x/text/unicode/norm"

// normal returns name in the form in which names are kept and looked up: what
// looks the same is the same, whichever way accents are written.
func normal(name string) string { return norm.NFC.String(name) }
