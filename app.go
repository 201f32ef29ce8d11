package gatewright

import (
	"slices"
	"strings"
	"time"
)

// Limits of an app.
const (
	MaxCredentials = 20
	MaxGrants      = 1000
	MaxQPS         = 10_000_000
)

// SecurityLevel says how confidential an API's data is, and up to which level
// an app may read.
type SecurityLevel string

// The security levels, the lowest first.
const (
	SecurityPublic       SecurityLevel = "L1"
	SecurityInternal     SecurityLevel = "L2"
	SecuritySecret       SecurityLevel = "L3"
	SecurityConfidential SecurityLevel = "L4"
)

// Validate checks that the level is one of the four.
func (l SecurityLevel) Validate() error {
	switch l {
	case SecurityPublic, SecurityInternal, SecuritySecret, SecurityConfidential:
		return nil
	}
	return FieldErrorf("securityLevel", "security level %q is not one of L1 (public), L2 (internal), L3 (secret) and L4 (confidential)", l)
}

// Covers reports whether a clearance of l is enough for data of level data;
// "" is the lowest.
func (l SecurityLevel) Covers(data SecurityLevel) bool {
	return max(l, SecurityPublic) >= max(data, SecurityPublic)
}

// App is a caller: a group resource with keys and with grants, one for each
// API it may call.
type App struct {
	ID          AppID        `json:"id"`
	Name        string       `json:"name"` // unique in its group
	Description string       `json:"description,omitempty"`
	Owner       string       `json:"owner"`
	Disabled    bool         `json:"disabled,omitempty"` // no key of it is good
	CreatedAt   time.Time    `json:"createdAt"`
	Credentials []Credential `json:"credentials,omitempty"`
	Grants      []Grant      `json:"grants,omitempty"`
}

// Credential is one key of an app. The key itself is shown once and not kept.
type Credential struct {
	ID        CredentialID `json:"id"`
	Name      string       `json:"name"` // unique in its app
	Hint      string       `json:"hint"` // first characters of the key, to recognise it by
	Hash      Hash         `json:"hash"` // of the key
	CreatedAt time.Time    `json:"createdAt"`
	CreatedBy string       `json:"createdBy"`
	NotBefore time.Time    `json:"notBefore,omitzero"`
	ExpiresAt time.Time    `json:"expiresAt,omitzero"` // zero: never
	RevokedAt time.Time    `json:"revokedAt,omitzero"`
}

// Grant is the right of an app to call one API.
type Grant struct {
	API       APIID         `json:"api"`
	CreatedAt time.Time     `json:"createdAt"`
	CreatedBy string        `json:"createdBy"`
	ExpiresAt time.Time     `json:"expiresAt,omitzero"` // zero: never
	QPS       int           `json:"qps,omitempty"`      // requests per second on one instance; 0 is no limit
	Clearance SecurityLevel `json:"clearance"`
}

// Validate checks the app's form.
func (a *App) Validate() error {
	if err := CheckName("app name", a.Name); err != nil {
		return err
	}
	if err := CheckText("description", a.Description, MaxDescription); err != nil {
		return err
	}
	if len(a.Credentials) > MaxCredentials {
		return Errorf(LimitExceeded, "app %s has %d credentials; at most %d are allowed: remove those that have expired", a.Name, len(a.Credentials), MaxCredentials)
	}
	if len(a.Grants) > MaxGrants {
		return Errorf(LimitExceeded, "app %s has %d grants; at most %d are allowed", a.Name, len(a.Grants), MaxGrants)
	}
	for i := range a.Credentials {
		c := &a.Credentials[i]
		if err := CheckName("credential name", c.Name); err != nil {
			return err
		}
		if !c.Hash.Valid() {
			return FieldErrorf("credentials", "credential %s has no hash", c.Name)
		}
		if !c.ExpiresAt.IsZero() && !c.ExpiresAt.After(c.NotBefore) {
			return FieldErrorf("expiresAt", "credential %s would expire before it is good", c.Name)
		}
		if slices.ContainsFunc(a.Credentials[:i], func(o Credential) bool { return strings.EqualFold(o.Name, c.Name) }) {
			return FieldErrorf("credentials", "app %s has a credential %s already", a.Name, c.Name)
		}
	}
	for i := range a.Grants {
		g := &a.Grants[i]
		if g.QPS < 0 || g.QPS > MaxQPS {
			return FieldErrorf("qps", "%d requests per second are not between 0 (no limit) and %d", g.QPS, MaxQPS)
		}
		if err := g.Clearance.Validate(); err != nil {
			return err
		}
		if slices.ContainsFunc(a.Grants[:i], func(o Grant) bool { return o.API == g.API }) {
			return FieldErrorf("grants", "app %s is granted the same API twice", a.Name)
		}
	}
	return nil
}
