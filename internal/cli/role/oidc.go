package role

import (
	"crypto/x509"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/auth/web"
	"github.com/gatewright/gatewright/internal/config"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
)

// openOIDC returns the OpenID provider of the configuration, nil when there is
// none. It is not asked anything yet.
func openOIDC(cfg config.Server) (*management.OIDC, error) {
	if !cfg.OIDC.Enabled() {
		return nil, nil
	}
	secret, err := cfg.OIDC.Secret()
	if err != nil {
		return nil, err
	}
	pem, err := cfg.OIDC.CA()
	if err != nil {
		return nil, err
	}
	var roots *x509.CertPool
	if pem != nil {
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, gatewright.Errorf(gatewright.Invalid, "%s holds no certificate", cfg.OIDC.CAFile)
		}
	}
	provider, err := web.NewProvider(web.ProviderConfig{
		Issuer: cfg.OIDC.Issuer, ClientID: cfg.OIDC.ClientID, ClientSecret: secret,
		RedirectURL: strings.TrimRight(cfg.PublicURL, "/") + management.CallbackPath,
		Scopes:      cfg.OIDC.Scopes, UsernameClaim: cfg.OIDC.UsernameClaim, GroupsClaim: cfg.OIDC.GroupsClaim,
		RootCAs: roots, Clock: time.Now,
	})
	if err != nil {
		return nil, err
	}
	o := &management.OIDC{
		Provider: provider, Issuer: cfg.OIDC.Issuer,
		Policy: auth.LoginPolicy{CreateUsers: cfg.OIDC.CreateUsers, MatchEmail: cfg.OIDC.MatchEmail},
	}
	for _, r := range cfg.OIDC.GroupRules {
		o.Rules = append(o.Rules, control.LoginRule{Claim: r.Claim, Role: r.Role, Project: r.Project, Group: r.Group})
	}
	return o, nil
}

// closeOIDC gives back the connections to the provider.
func (p *ControlPlane) closeOIDC() {
	if p.oidc != nil {
		p.oidc.Provider.Close()
	}
}
