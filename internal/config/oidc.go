package config

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// MaxGroupRules bounds the rules that give roles to groups of an OpenID
// provider.
const MaxGroupRules = 200

// OIDC says how people log in through an OpenID provider.
type OIDC struct {
	Issuer           string // URL; "" for no such logins
	ClientID         string
	ClientSecretFile string   // a file with the secret and nothing else; "" for a public client
	CAFile           string   // PEM, of who signed the provider's certificate; "" for the machine's
	Scopes           []string // beside openid
	UsernameClaim    string   // what logins are made from
	GroupsClaim      string   // what GroupRules look at
	CreateUsers      bool     // who is not known becomes a user
	MatchEmail       bool     // a verified address is enough to be a user that exists
	GroupRules       []GroupRule
}

// GroupRule gives a role to all who are in a group of the OpenID provider.
type GroupRule struct {
	Role    gatewright.Role
	Project string // name or ID; "" for all
	Group   string // name or ID of a gateway group; "" for all
	Claim   string // the group, as the provider writes it
}

// Enabled reports whether a provider is named.
func (o OIDC) Enabled() bool { return o.Issuer != "" }

// Secret returns the client's secret, "" for a public client.
func (o OIDC) Secret() (string, error) {
	if o.ClientSecretFile == "" {
		return "", nil
	}
	secret, err := readPassword(o.ClientSecretFile)
	if err != nil {
		return "", fmt.Errorf("read the OpenID client's secret: %w", err)
	}
	return secret, nil
}

// maxCABytes bounds a file of certificates.
const maxCABytes = 1 << 20

// CA returns the certificates of CAFile, nil for the machine's own.
func (o OIDC) CA() (pem []byte, err error) {
	if o.CAFile == "" {
		return nil, nil
	}
	f, err := os.Open(o.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificates of the OpenID provider: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if pem, err = io.ReadAll(io.LimitReader(f, maxCABytes)); err != nil {
		return nil, fmt.Errorf("read the certificates of the OpenID provider: %w", err)
	}
	return pem, nil
}

// parseGroupRules reads rules written as "role=viewer;project=payments;
// group=test;claim=developers". The claim comes last and takes the rest, so
// that it may hold anything.
func parseGroupRules(o *OIDC, values []string) error {
	o.GroupRules = nil
	for _, text := range values {
		var r GroupRule
		rest := text
		for r.Claim == "" {
			name, after, found := strings.Cut(rest, "=")
			if !found {
				return fmt.Errorf("%q is not a rule like role=viewer;group=test;claim=developers", text)
			}
			value, next, _ := strings.Cut(after, ";")
			switch strings.TrimSpace(name) {
			case "claim":
				if r.Claim = strings.TrimSpace(after); r.Claim == "" {
					return fmt.Errorf("%q names no group of the provider", text)
				}
			case "role":
				r.Role = gatewright.Role(strings.TrimSpace(value))
			case "project":
				r.Project = strings.TrimSpace(value)
			case "group":
				r.Group = strings.TrimSpace(value)
			default:
				return fmt.Errorf("%q has the unknown part %q; there are role, project, group and, last, claim", text, name)
			}
			rest = next
		}
		if !slices.Contains(gatewright.Roles(), r.Role) {
			return fmt.Errorf("%q gives the role %q, which does not exist", text, r.Role)
		}
		o.GroupRules = append(o.GroupRules, r)
	}
	return nil
}

// validate checks the rules of the settings for logins.
func (o OIDC) validate(publicURL string, places places, report *report) {
	if publicURL != "" {
		if u, err := url.Parse(publicURL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil || u.Fragment != "" {
			report.add(places, "publicURL", fmt.Sprintf("%q is not an address like https://control.example.com, without a path", publicURL))
		}
	}
	if len(o.GroupRules) > MaxGroupRules {
		report.add(places, "oidc.groupRules", fmt.Sprintf("%d rules; at most %d are allowed", len(o.GroupRules), MaxGroupRules))
	}
	for _, r := range o.GroupRules {
		if r.Role == gatewright.RoleSuperAdmin && (r.Project != "" || r.Group != "") {
			report.add(places, "oidc.groupRules", "the role super-admin is not limited to a project or group")
		}
	}
	switch {
	case o.Issuer == "" && (o.ClientID != "" || o.ClientSecretFile != ""):
		report.add(places, "oidc.clientID", "a client needs the provider it is known to; set oidc.issuer")
	case o.Issuer != "" && o.ClientID == "":
		report.add(places, "oidc.issuer", "the provider needs a client; set oidc.clientID")
	case o.Issuer != "" && publicURL == "":
		report.add(places, "oidc.issuer", "the provider has to send browsers back; set publicURL to the address at which they reach this control plane")
	}
}
