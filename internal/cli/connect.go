package cli

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/config"
)

// defaultServer is where the management API is looked for.
const defaultServer = "http://" + config.DefaultListen

// adminTokenFile is the name under which an admin token is kept.
const adminTokenFile = "admin-token"

// clientFlags gives cmd the flags of every client of the management API that
// shows its result.
func (a *app) clientFlags(cmd *cobra.Command) *cobra.Command {
	return a.formatFlag(a.serverFlags(cmd))
}

// serverFlags gives cmd the flags that say which control plane is meant.
func (a *app) serverFlags(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&a.server, "server", "", "URL of the control plane (default $GATEWRIGHT_SERVER, else "+defaultServer+")")
	cmd.Flags().StringVar(&a.token, "token", "", "token (default $GATEWRIGHT_TOKEN, else your login, else a token file)")
	return cmd
}

// connect returns a client of the control plane the user means.
func (a *app) connect() (*client.Client, error) {
	token, err := a.findToken()
	if err != nil {
		return nil, err
	}
	return a.connectAs(token)
}

func (a *app) serverURL() string {
	return cmp.Or(a.server, a.env.Getenv("GATEWRIGHT_SERVER"), defaultServer)
}

// findToken looks for a token: the one that is given, that of the login to this
// control plane, and the admin token in the places a user may have put it.
func (a *app) findToken() (string, error) {
	if token := cmp.Or(a.token, a.env.Getenv("GATEWRIGHT_TOKEN")); token != "" {
		return token, nil
	}
	all, err := a.readLogins()
	if err != nil {
		return "", err
	}
	if l, ok := all[a.loginKey()]; ok {
		return l.Token, nil
	}
	places := []string{filepath.Join(config.DefaultDataDir, adminTokenFile)}
	if dir, err := a.env.UserConfigDir(); err == nil {
		places = append(places, filepath.Join(dir, "gatewright", adminTokenFile))
	}
	for _, name := range places {
		token, err := config.ReadToken(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return token, err
	}
	e := gatewright.Errorf(gatewright.Unauthenticated,
		"there is no token; log in with: gatewright login, give --token or set GATEWRIGHT_TOKEN. The first start of a control plane writes one to %s in its data directory. Looked for it in:", adminTokenFile)
	for _, name := range places {
		e.Details = append(e.Details, gatewright.Detail{Message: name})
	}
	return "", e
}
