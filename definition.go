package gatewright

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Limits of a definition.
const (
	MaxRoutes        = 20_000  // routes in one definition
	MaxDocumentBytes = 8 << 20 // bytes of the document it was imported from
	MaxFindings      = 100     // told of one definition
)

// Definition is the versioned content of an API.
type Definition struct {
	Kind        Kind       `json:"kind,omitempty"` // "" is KindProxy
	Title       string     `json:"title"`
	Description string     `json:"description,omitempty"`
	Version     string     `json:"version,omitempty"`   // what the document calls itself; displayed, not the label
	BasePath    string     `json:"basePath"`            // canonical, "/" for the root; in front of every route's path; "" of a shared flow
	Host        string     `json:"host,omitempty"`      // the name the document gives the service: its host; "" when it names none
	Endpoints   *Endpoints `json:"endpoints,omitempty"` // what the document says in x-google-endpoints
	AllowCORS   bool       `json:"allowCORS,omitempty"` // OPTIONS requests go to the upstream, without access checks
	Policies    []Policy   `json:"policies,omitempty"`  // of all requests, in the order in which they act
	Routes      []Route    `json:"routes,omitempty"`
	Document    Document   `json:"document"` // of a data API generated from Data, see package dataapi/openapi

	Data *DataDefinition `json:"data,omitempty"` // of a data API; nil of others
}

// Endpoints is the extension x-google-endpoints of Cloud Endpoints. Of the
// documents published together one may have it, and it acts on all.
type Endpoints struct {
	Name      string `json:"name,omitempty"`   // of the service; equal to the host
	Target    string `json:"target,omitempty"` // address the service's DNS name shall have
	AllowCORS bool   `json:"allowCors,omitempty"`
}

// Document is the file a definition was imported from.
type Document struct {
	Format   string `json:"format,omitempty"`   // "openapi-2.0", "openapi-3.0", "openapi-3.1"
	Name     string `json:"name,omitempty"`     // base name of the file
	Digest   Hash   `json:"digest,omitempty"`   // hash of its content as canonical JSON, whatever its notation
	Importer int    `json:"importer,omitempty"` // version of the importer that read it
	Text     []byte `json:"text,omitempty"`     // as it was received
}

// Hash is "sha256:" and 64 lower-case hexadecimal digits.
type Hash string

// HashBytes returns the hash of b.
func HashBytes(b []byte) Hash {
	sum := sha256.Sum256(b)
	return Hash("sha256:" + hex.EncodeToString(sum[:]))
}

// Valid reports whether h has the form of a hash.
func (h Hash) Valid() bool {
	digits, ok := strings.CutPrefix(string(h), "sha256:")
	if !ok || len(digits) != 2*sha256.Size || strings.ToLower(digits) != digits {
		return false
	}
	_, err := hex.DecodeString(digits)
	return err == nil
}

// Short returns the first twelve digits, enough for people to compare.
func (h Hash) Short() string {
	digits := strings.TrimPrefix(string(h), "sha256:")
	return digits[:min(12, len(digits))]
}

// ContentHash identifies what the definition says. The notation of its
// document (YAML or JSON, comments, order of keys, file name) is no part of
// it: the document takes part by its digest.
func (d *Definition) ContentHash() Hash {
	c := *d
	c.Document = Document{Format: d.Document.Format, Digest: d.Document.Digest}
	if d.Kind == KindData {
		c.Document = Document{} // it says nothing that Data does not, and a later build may say it better
	}
	b, err := json.Marshal(&c)
	if err != nil {
		panic("gatewright: definition does not marshal: " + err.Error()) // plain data; configurations of policies are JSON, see Policy.Validate
	}
	return HashBytes(b)
}

// Validate checks the definition against the rules that hold whatever format
// it came from. It returns an [Invalid] error that lists every finding.
func (d *Definition) Validate() error {
	var details []Detail
	add := func(subject, format string, args ...any) {
		details = append(details, Detail{Subject: subject, Message: fmt.Sprintf(format, args...)})
	}
	if err := CheckName("title", d.Title); err != nil {
		add("title", "%s", err)
	}
	if err := checkPolicies(d.Policies); err != nil {
		add("policies", "%s", err)
	}
	switch d.APIKind() {
	case KindProxy:
		d.checkRoutes(add)
	case KindFlow:
		d.checkFlow(add)
	case KindData:
		d.checkData(add)
	default:
		add("kind", "%q is not the kind of a definition", d.Kind)
	}
	if d.Data != nil && d.Kind != KindData {
		add("data", "only a definition of kind %s has data", KindData)
	}
	if more := len(details) - MaxFindings; more > 0 {
		details = append(details[:MaxFindings:MaxFindings], Detail{Message: fmt.Sprintf("and %d more", more)})
	}
	if len(details) > 0 {
		return &Error{Code: Invalid, Message: "the definition is not valid", Details: details}
	}
	return nil
}

// APIKind returns the kind of API whose content this is.
func (d *Definition) APIKind() Kind { return cmp.Or(d.Kind, KindProxy) }

// checkFlow adds what is wrong with the content of a shared flow: it has
// policies and nothing else.
func (d *Definition) checkFlow(add func(subject, format string, args ...any)) {
	if len(d.Policies) == 0 {
		add("policies", "there are none; a shared flow is made of policies")
	}
	for _, extra := range []struct {
		name string
		set  bool
	}{
		{"base path", d.BasePath != ""}, {"host", d.Host != ""}, {"x-google-endpoints", d.Endpoints != nil},
		{"allowCORS", d.AllowCORS}, {"routes", len(d.Routes) > 0},
	} {
		if extra.set {
			add(extra.name, "a shared flow has none: it has policies, which act where other APIs call it")
		}
	}
}

// checkRoutes adds what is wrong with base path and routes.
func (d *Definition) checkRoutes(add func(subject, format string, args ...any)) {
	if d.Kind != "" {
		add("kind", "%q is what a definition is of that names no kind; leave it out", d.Kind)
	}
	if base, err := CanonicalBasePath(d.BasePath); err != nil {
		add("base path", "%s", err)
	} else if base != d.BasePath {
		add("base path", "%q is not canonical; write %q", d.BasePath, base)
	}
	if len(d.Routes) == 0 {
		add("routes", "there are none; an API needs at least one operation")
	}
	if len(d.Routes) > MaxRoutes {
		add("routes", "%d routes; at most %d are allowed in one API", len(d.Routes), MaxRoutes)
	}
	named := make(map[string]int, len(d.Routes))
	seen := make(map[string]int, len(d.Routes))
	for i := range d.Routes {
		r := &d.Routes[i]
		if j, dup := named[r.Name]; dup {
			add("route "+r.Name, "routes %s and %s have the same name; give each its own", d.Routes[j].Path, r.Path)
		} else {
			named[r.Name] = i
		}
		if err := r.Validate(); err != nil {
			add("route "+r.Name, "%s", err)
			continue
		}
		var clashes []int // several methods may clash with one route, and with several
		for _, key := range r.keys() {
			j, dup := seen[key]
			if !dup {
				seen[key] = i
			} else if !slices.Contains(clashes, j) {
				clashes = append(clashes, j)
				add("route "+r.Name, "matches the same requests as route %s (%s); parameter names do not tell routes apart", d.Routes[j].Name, d.Routes[j].Path)
			}
		}
	}
}
