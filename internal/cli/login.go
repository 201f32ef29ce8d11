package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	xterm "golang.org/x/term"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/buildinfo"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

// loginLife is how long a login of the command line lasts unless it is said.
const loginLife = "30d"

// maxPasswordInput bounds, in bytes, what is read as a password.
const maxPasswordInput = 4096

func (a *app) login() *cobra.Command {
	var name, file, expires string
	var browser bool
	cmd := a.clientFlags(&cobra.Command{
		Use: "login", Short: "Log in to a control plane",
		Long: `Log in to a control plane, with a password or, with --browser, through the
organisation's OpenID provider. What is stored is a personal token of yours, in
your configuration directory, in a file that only you can read. From then on
every command to that control plane uses it; --token and GATEWRIGHT_TOKEN go
before it.`,
		Example: `  gatewright login --name anna
  gatewright login --server https://control.example.com:8080 --browser
  gatewright login --name deploy --password-file /run/secrets/password --expires 1h`,
		Args: exactly(),
	})
	cmd.Flags().StringVar(&name, "name", "", "your login (asked for if absent)")
	cmd.Flags().StringVar(&file, "password-file", "", "read the password from this `file`, - for standard input (default asked for)")
	cmd.Flags().BoolVar(&browser, "browser", false, "log in through the OpenID provider, in a browser on this machine")
	cmd.Flags().StringVar(&expires, "expires", loginLife, "`time` or span after which you have to log in again")
	cmd.MarkFlagsMutuallyExclusive("browser", "name")
	cmd.MarkFlagsMutuallyExclusive("browser", "password-file")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		until, err := parseTime(expires, a.env.Now())
		if err != nil {
			return usagef("--expires: %s", err)
		}
		a.working = true
		c, err := a.stranger()
		if err != nil {
			return err
		}
		defer c.Close()
		ctx, token := cmd.Context(), client.TokenDetails{Name: loginTokenName(), ExpiresAt: until}
		var l *client.Login
		if browser {
			l, err = a.loginBrowser(ctx, c, token)
		} else {
			l, err = a.loginPassword(ctx, c, name, file, token)
		}
		if err != nil {
			return err
		}
		return a.keepLogin(ctx, l)
	}
	return cmd
}

// stranger returns a client that shows no token.
func (a *app) stranger() (*client.Client, error) { return a.connectAs("") }

func (a *app) connectAs(token string) (*client.Client, error) {
	c, err := client.New(a.serverURL(), token, client.Options{Name: "cli/" + buildinfo.Read().Version})
	if err != nil {
		return nil, &usageError{message: err.Error()}
	}
	return c, nil
}

// loginTokenName is what the token of a login is called in lists.
func loginTokenName() string {
	host, err := os.Hostname()
	if err != nil || gatewright.CheckName("name", host) != nil {
		return "login"
	}
	return "login on " + host
}

func (a *app) loginPassword(ctx context.Context, c *client.Client, name, file string, token client.TokenDetails) (*client.Login, error) {
	if name == "" {
		var err error
		if name, err = a.ask("Login: "); err != nil {
			return nil, err
		}
	}
	password, err := a.password(file, "Password: ")
	if err != nil {
		return nil, err
	}
	return c.LoginPassword(ctx, name, password, token)
}

// keepLogin stores a login and says who it is.
func (a *app) keepLogin(ctx context.Context, l *client.Login) error {
	c, err := a.connectAs(l.Secret)
	if err != nil {
		return err
	}
	defer c.Close()
	me, err := c.Me(ctx)
	if err != nil {
		return err
	}
	all, err := a.readLogins()
	if err != nil {
		return err
	}
	all[a.loginKey()] = storedLogin{Name: me.Name, Token: l.Secret, ID: l.Token.ID, ExpiresAt: l.Token.ExpiresAt}
	if err := a.writeLogins(all); err != nil {
		return err
	}
	return a.show(me, func(*term.Screen) error {
		return a.resultf("logged in to %s as %s%s\n", a.loginKey(), term.Clean(me.Name), until(l.Token.ExpiresAt))
	})
}

func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " until " + timeText(t)
}

// ask reads a line from the user.
func (a *app) ask(prompt string) (string, error) {
	a.sayf("%s", prompt)
	line, err := bufio.NewReader(io.LimitReader(a.env.Stdin, maxPasswordInput)).ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || line == "") {
		return "", usagef("nothing was typed; give --name")
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// password reads a password: from the file, from standard input for "-", or
// from the terminal without showing it.
func (a *app) password(file, prompt string) (string, error) {
	var text []byte
	switch terminal, ok := a.env.Stdin.(*os.File); {
	case file == "-":
		var err error
		if text, err = io.ReadAll(io.LimitReader(a.env.Stdin, maxPasswordInput+1)); err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
	case file != "":
		f, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		text, err = io.ReadAll(io.LimitReader(f, maxPasswordInput+1))
		if err = errors.Join(err, f.Close()); err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
	case ok && xterm.IsTerminal(int(terminal.Fd())):
		a.sayf("%s", prompt)
		var err error
		text, err = xterm.ReadPassword(int(terminal.Fd()))
		a.sayf("\n")
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
	default:
		return "", usagef("there is no terminal to ask for the password at; give --password-file, - for standard input")
	}
	if len(text) > maxPasswordInput {
		return "", gatewright.FieldErrorf("password", "that is longer than any password: %d bytes at most", maxPasswordInput)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" {
		return "", gatewright.FieldErrorf("password", "the password is empty")
	}
	return password, nil
}

func (a *app) logout() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "logout", Short: "Log out of a control plane",
		Long: `Revoke the token of the login to a control plane and forget it. When the control
plane cannot be asked it is forgotten all the same.`,
		Example: `  gatewright logout
  gatewright logout --server https://control.example.com:8080`,
		Args: exactly(),
	})
	cmd.RunE = a.run(func(cmd *cobra.Command, _ []string) error {
		all, err := a.readLogins()
		if err != nil {
			return err
		}
		l, ok := all[a.loginKey()]
		if !ok {
			return gatewright.Errorf(gatewright.NotFound, "you are not logged in to %s", a.loginKey())
		}
		delete(all, a.loginKey())
		if err := a.writeLogins(all); err != nil {
			return err
		}
		c, err := a.connectAs(l.Token)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.Logout(cmd.Context()); err != nil && gatewright.CodeOf(err) != gatewright.Unauthenticated {
			return fmt.Errorf("the login is forgotten here, but its token %s is not revoked: %w", l.ID, err)
		}
		return a.show(map[string]any{"server": a.loginKey(), "name": l.Name, "loggedOut": true}, func(*term.Screen) error {
			return a.resultf("logged out of %s\n", a.loginKey())
		})
	})
	return cmd
}

func (a *app) whoami() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "whoami", Short: "Tell as whom you work, and which roles you have",
		Example: "  gatewright whoami\n  gatewright whoami -o json",
		Args:    exactly(),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		me, err := c.Me(ctx)
		if err != nil {
			return err
		}
		return a.show(me, func(s *term.Screen) error {
			what := "admin token"
			switch {
			case me.Token != nil && me.Token.Kind != gatewright.TokenAdmin:
				what = string(me.Token.Kind) + " token " + me.Token.Name + until(me.Token.ExpiresAt)
			case me.Session != nil:
				what = "session" + until(me.Session.ExpiresAt)
			}
			if err := a.resultf("%s (%s) at %s\n", term.Clean(me.Name), term.Clean(what), a.loginKey()); err != nil {
				return err
			}
			if me.Token != nil && me.Token.Kind != gatewright.TokenAdmin {
				if err := a.resultf("scope: %s\n", term.Clean(scopeText(me.Token.Scope))); err != nil {
					return err
				}
			}
			if len(me.Bindings) == 0 {
				return a.resultf("no roles; ask a super admin for one\n")
			}
			t := term.NewTable("ROLE", "PROJECT", "GROUP")
			for _, b := range me.Bindings {
				t.Row(string(b.Role), cmp.Or(string(b.Project), "all"), cmp.Or(string(b.Group), "all"))
			}
			return t.Write(s)
		})
	})
	return cmd
}

// scopeText tells what a token is narrowed to.
func scopeText(s gatewright.TokenScope) string {
	text := strings.Join(s.Actions, " ")
	for _, p := range s.Projects {
		text += " project:" + string(p)
	}
	for _, g := range s.Groups {
		text += " group:" + string(g)
	}
	return text
}
