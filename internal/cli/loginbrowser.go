package cli

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

const (
	// browserPatience is how long somebody has to log in in the browser.
	browserPatience = 5 * time.Minute
	// callbackTimeout bounds each request of the browser to this program.
	callbackTimeout = 10 * time.Second
	// beginLogin is where the browser begins.
	beginLogin = "/api/v1/login/oidc"
)

// loginBrowser logs in through the OpenID provider: the browser comes back to
// a port of this program with a code, which is of use only together with what
// this program alone knows.
func (a *app) loginBrowser(ctx context.Context, c *client.Client, token client.TokenDetails) (*client.Login, error) {
	methods, err := c.LoginMethods(ctx)
	if err != nil {
		return nil, err
	}
	if methods.OIDC == "" {
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "%s has no OpenID provider; log in with: gatewright login --name NAME", a.loginKey())
	}
	verifier, err := randomText()
	if err != nil {
		return nil, err
	}
	state, err := randomText()
	if err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the browser: %w", err)
	}
	sum := sha256.Sum256([]byte(verifier))
	address := a.loginKey() + beginLogin + "?" + url.Values{
		"port": {strconv.Itoa(l.Addr().(*net.TCPAddr).Port)}, "challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "state": {state},
	}.Encode()
	a.sayf("Open this address in a browser on this machine, and log in there:\n\n  %s\n\n", address)
	code, err := awaitCode(ctx, l, state)
	if err != nil {
		return nil, err
	}
	return c.RedeemLogin(ctx, code, verifier, token)
}

// randomText returns 256 random bits as text.
func randomText() (string, error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("begin a login: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// awaitCode serves the listener until the browser brings the code of the login
// with that state, and closes it.
func awaitCode(ctx context.Context, l net.Listener, state string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, browserPatience, errNoBrowser)
	defer cancel()
	codes := make(chan string, 1)
	server := &http.Server{
		ReadHeaderTimeout: callbackTimeout, WriteTimeout: callbackTimeout, MaxHeaderBytes: 16 << 10,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Referrer-Policy", "no-referrer")
			if r.URL.Path != "/callback" || q.Get("code") == "" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(state)) != 1 {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, "This is not the answer to the login that gatewright began. Begin again.\n")
				return
			}
			_, _ = io.WriteString(w, "You are logged in. This page can be closed.\n")
			select {
			case codes <- q.Get("code"):
			default: // the browser asks twice
			}
		}),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	var code string
	var err error
	select {
	case code = <-codes:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	// The answer to the browser is still on its way.
	stop, cancelStop := context.WithTimeout(context.WithoutCancel(ctx), callbackTimeout)
	defer cancelStop()
	err = errors.Join(err, server.Shutdown(stop))
	if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return code, err
}

var errNoBrowser = errors.New("nobody logged in within " + browserPatience.String())
