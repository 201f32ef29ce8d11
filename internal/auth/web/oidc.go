package web

import (
	"context"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// ProviderConfig says how to log in at an OpenID provider.
type ProviderConfig struct {
	Issuer        string // URL; its discovery document is below it
	ClientID      string
	ClientSecret  string         // empty for a public client
	RedirectURL   string         // of our callback, as the provider knows it
	Scopes        []string       // beside openid; nil for profile and email
	UsernameClaim string         // what logins are made from; "" for preferred_username
	GroupsClaim   string         // what GroupRules look at; "" for groups
	RootCAs       *x509.CertPool // nil for the machine's
	Timeout       time.Duration  // of each call to the provider; 0 for DefaultProviderTimeout
	Clock         func() time.Time
}

// Provider logs people in at an OpenID provider, by the authorisation code flow
// with PKCE. It is safe for use by several goroutines.
type Provider struct {
	cfg    ProviderConfig
	client *http.Client
	turn   chan struct{} // holds one while discovery is not asked; guards found
	found  *discovered   // nil until discovery has succeeded
}

// discovered is what discovery has told.
type discovered struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	oauth    oauth2.Config
}

// NewProvider returns a provider. It is not contacted before the first login:
// one that is down must not keep the control plane from starting.
func NewProvider(cfg ProviderConfig) (*Provider, error) {
	for _, u := range []struct{ field, value string }{{"issuer", cfg.Issuer}, {"redirectURL", cfg.RedirectURL}} {
		parsed, err := url.Parse(u.value)
		if err == nil {
			err = checkURL(parsed)
		}
		if err != nil {
			return nil, gatewright.FieldErrorf(u.field, "OpenID Connect: %s %q: %s", u.field, u.value, err)
		}
	}
	if cfg.ClientID == "" {
		return nil, gatewright.FieldErrorf("clientID", "OpenID Connect: the client ID is missing")
	}
	if cfg.Clock == nil {
		return nil, errors.New("an OpenID provider needs a clock")
	}
	if cfg.Scopes == nil {
		cfg.Scopes = []string{"profile", "email"}
	}
	if cfg.UsernameClaim == "" {
		cfg.UsernameClaim = "preferred_username"
	}
	if cfg.GroupsClaim == "" {
		cfg.GroupsClaim = "groups"
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultProviderTimeout
	}
	p := &Provider{cfg: cfg, client: newClient(cfg.RootCAs, cfg.Timeout), turn: make(chan struct{}, 1)}
	p.turn <- struct{}{}
	return p, nil
}

// Close gives back the connections to the provider.
func (p *Provider) Close() { p.client.CloseIdleConnections() }

// Begin returns where to send the browser, and the flow it has to keep until it
// comes back. returnTo is the path of ours to go on with. It fails with
// [gatewright.Unavailable] when the provider does not answer.
func (p *Provider) Begin(ctx context.Context, returnTo string) (address string, flow Flow, err error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", Flow{}, err
	}
	flow, err = newFlow(p.cfg.Clock(), oauth2.GenerateVerifier(), returnTo)
	if err != nil {
		return "", Flow{}, err
	}
	return d.oauth.AuthCodeURL(flow.State, oidc.Nonce(flow.Nonce), oauth2.S256ChallengeOption(flow.Verifier)), flow, nil
}

// Finish takes in the query with which the browser came back and returns who
// has logged in. It fails with [gatewright.Unauthenticated] when the answer
// proves nothing, and with [gatewright.Unavailable] when the provider cannot be
// asked.
func (p *Provider) Finish(ctx context.Context, f Flow, query url.Values) (*auth.Identity, error) {
	if err := f.check(p.cfg.Clock(), query.Get("state")); err != nil {
		return nil, err
	}
	if iss := query.Get("iss"); iss != "" && iss != p.cfg.Issuer { // RFC 9207: another provider's answer
		return nil, refused("the answer is another provider's", nil)
	}
	if query.Get("error") != "" {
		return nil, refused(fmt.Sprintf("the provider says %.100q", query.Get("error")), nil)
	}
	if query.Get("code") == "" {
		return nil, refused("the answer has no code", nil)
	}
	d, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	tokens, err := d.oauth.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		var answer *oauth2.RetrieveError
		if errors.As(err, &answer) && answer.Response.StatusCode < http.StatusInternalServerError {
			return nil, refused("the provider does not accept the code", err)
		}
		return nil, unavailable(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return nil, refused("the provider sent no ID token", nil)
	}
	id, err := d.verifier.Verify(ctx, raw)
	if err != nil { // or the keys could not be got; the library does not tell these apart
		return nil, refused("the ID token cannot be verified", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return nil, refused("the ID token is of another login", nil)
	}
	return p.identity(ctx, d, tokens, id)
}

// identity reads the claims of a verified ID token, and of the provider's
// user information when the token leaves some out.
func (p *Provider) identity(ctx context.Context, d *discovered, tokens *oauth2.Token, id *oidc.IDToken) (*auth.Identity, error) {
	var c claims
	if err := id.Claims(&c); err != nil {
		return nil, refused("the ID token's claims cannot be read", err)
	}
	if azp := c.text("azp"); id.Subject == "" || azp != "" && azp != p.cfg.ClientID || azp == "" && len(id.Audience) > 1 {
		return nil, refused("the ID token is for another client", nil)
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(tokens.AccessToken); err != nil {
			return nil, refused("the access token is not the ID token's", err)
		}
	}
	complete := c.text(p.cfg.UsernameClaim) != "" && c[p.cfg.GroupsClaim] != nil
	if !complete && d.provider.UserInfoEndpoint() != "" {
		info, err := d.provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err != nil {
			return nil, unavailable(err)
		}
		var more claims
		if err := info.Claims(&more); err != nil || info.Subject != id.Subject {
			return nil, refused("the user information is somebody else's", err)
		}
		c.add(more)
	}
	groups, err := c.texts(p.cfg.GroupsClaim)
	if err != nil {
		return nil, err
	}
	name := c.text(p.cfg.UsernameClaim)
	if name == "" {
		return nil, refused(fmt.Sprintf("the provider sent no claim %q to make a login from; change usernameClaim or the client's scopes", p.cfg.UsernameClaim), nil)
	}
	if p.cfg.UsernameClaim == "email" && !c.yes("email_verified") {
		return nil, refused("logins are made from e-mail addresses, and the provider has not verified this one", nil)
	}
	return &auth.Identity{
		Issuer: p.cfg.Issuer, Subject: id.Subject, Name: name, DisplayName: c.text("name"),
		Email: c.text("email"), EmailVerified: c.yes("email_verified"), Groups: groups,
	}, nil
}

// discover returns what the provider's discovery document tells, asking for it
// until it was got once.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	select {
	case <-p.turn:
		defer func() { p.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, unavailable(ctx.Err())
	}
	if p.found != nil {
		return p.found, nil
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	if err != nil {
		return nil, unavailable(err)
	}
	authorise, err := url.Parse(provider.Endpoint().AuthURL)
	if err == nil {
		err = checkURL(authorise)
	}
	var document struct {
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err == nil {
		err = provider.Claims(&document)
	}
	if err != nil {
		return nil, unavailable(fmt.Errorf("read the discovery document: %w", err))
	}
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // what the standard has when nothing is said
	post := len(document.AuthMethods) > 0 && !slices.Contains(document.AuthMethods, "client_secret_basic")
	if post || p.cfg.ClientSecret == "" {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	p.found = &discovered{
		provider: provider,
		// Only algorithms with a public key: with the others the client's
		// secret, or nothing, would sign.
		verifier: provider.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: p.cfg.Clock, SupportedSigningAlgs: []string{
			oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
		}}),
		oauth: oauth2.Config{
			ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: endpoint, RedirectURL: p.cfg.RedirectURL,
			Scopes: append([]string{oidc.ScopeOpenID}, p.cfg.Scopes...),
		},
	}
	return p.found, nil
}

// refused returns the error for an answer that proves nothing; cause is for the
// log.
func refused(why string, cause error) error {
	e := gatewright.Errorf(gatewright.Unauthenticated, "the login failed: %s", why)
	if cause == nil {
		return e
	}
	return fmt.Errorf("%w: %w", e, cause)
}

func unavailable(cause error) error {
	return fmt.Errorf("%w: %w", gatewright.Errorf(gatewright.Unavailable, "the OpenID provider cannot be asked at the moment; try again, or log in with a password"), cause)
}
