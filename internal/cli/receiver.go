package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) receivers() *cobra.Command {
	return parent("receiver", "Say who is told of what happens, and see whether they were",
		`  gatewright receiver add ops --type slack --url-file slack-url
  gatewright receiver test ops
  gatewright receiver deliveries --state failed`,
		a.receiverAdd(), a.receiverList(), a.receiverSet(), a.receiverRemove(), a.receiverTest(), a.receiverDeliveries(), a.receiverRedeliver())
}

// maxSecretInput bounds what is read as a URL or a secret.
const maxSecretInput = 16 << 10

// secretText reads a URL or a secret from a file, from standard input for "-".
func (a *app) secretText(flag, name string) (string, error) {
	in := io.NopCloser(a.env.Stdin)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", fmt.Errorf("read --%s: %w", flag, err)
		}
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxSecretInput+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return "", fmt.Errorf("read --%s: %w", flag, err)
	}
	if len(b) > maxSecretInput {
		return "", usagef("--%s: it is longer than %d bytes", flag, maxSecretInput)
	}
	text := strings.TrimRight(string(b), "\r\n")
	if text == "" {
		return "", usagef("--%s: it is empty", flag)
	}
	return text, nil
}

// receiverFlags is what the flags say of a receiver.
type receiverFlags struct {
	url, urlFile, secretFile string
	language                 string
	addresses                []string
	events, groups           []string
	people                   bool
}

func (f *receiverFlags) register(a *app, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.url, "url", "", "URL that messages are sent to; see --url-file for one that holds a token")
	flags.StringVar(&f.urlFile, "url-file", "", "`file` with the URL, - for standard input")
	flags.StringVar(&f.secretFile, "secret-file", "", "`file` with the secret to sign with, - for standard input")
	flags.StringVar(&f.language, "language", "", "en, zh or de (default en)")
	flags.StringArrayVar(&f.addresses, "to", nil, "e-mail `address`; repeat for several")
	flags.BoolVar(&f.people, "people", false, "for e-mail: the people concerned get mail, too")
	flags.StringArrayVar(&f.events, "event", nil, "`event` it is told of, or all; repeat for several (default all)")
	flags.StringArrayVar(&f.groups, "group", nil, "gateway `group` it is limited to, or all; repeat for several (default all)")
	cmd.MarkFlagsMutuallyExclusive("url", "url-file")
	events := make([]cobra.Completion, 0, len(gatewright.NotificationEvents()))
	for _, e := range gatewright.NotificationEvents() {
		events = append(events, string(e))
	}
	complete(cmd, "event", events...)
	complete(cmd, "language", gatewright.NotificationLanguages()...)
	a.completeGroups(cmd, "group")
}

// read reads the files that the flags name.
func (f *receiverFlags) read(a *app) (url, secret string, err error) {
	if f.urlFile == "-" && f.secretFile == "-" {
		return "", "", usagef("--url-file and --secret-file cannot both be standard input")
	}
	url = f.url
	if f.urlFile != "" {
		if url, err = a.secretText("url-file", f.urlFile); err != nil {
			return "", "", err
		}
	}
	if f.secretFile != "" {
		secret, err = a.secretText("secret-file", f.secretFile)
	}
	return url, secret, err
}

// everything stands for no limit in --event and --group.
const everything = "all"

func limitedTo[T ~string](values []string) []T {
	limited := []T{}
	for _, v := range values {
		if v != everything {
			limited = append(limited, T(v))
		}
	}
	return limited
}

func (a *app) receiverAdd() *cobra.Command {
	var f receiverFlags
	var kind string
	cmd := a.clientFlags(&cobra.Command{
		Use: "add NAME", Short: "Add a receiver of notifications",
		Long: `Add a receiver of notifications: a webhook, a channel of Slack, Lark or
DingTalk, or e-mail. Neither its URL nor its secret is shown again.

Messages to a webhook are signed. Without --secret-file a secret is made, and
shown this once.`,
		Example: `  gatewright receiver add ci --type webhook --url https://ci.example.com/hooks/gatewright --event change.live
  gatewright receiver add ops --type slack --url-file slack-url --group production
  gatewright receiver add mail --type email --people --to ops@example.com --language de`,
		Args: exactly("a NAME for the receiver"),
	})
	cmd.Flags().StringVar(&kind, "type", "", "webhook, slack, lark, dingtalk or email")
	complete(cmd, "type", "webhook", "slack", "lark", "dingtalk", "email")
	f.register(a, cmd)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		if kind == "" {
			return usagef("--type is missing: webhook, slack, lark, dingtalk or email")
		}
		url, secret, err := f.read(a)
		if err != nil {
			return err
		}
		r, err := c.CreateReceiver(ctx, client.ReceiverRequest{
			Name: args[0], Type: gatewright.ReceiverType(kind), URL: url, Secret: secret, Addresses: f.addresses, People: f.people,
			Language: f.language, Events: limitedTo[gatewright.NotificationEvent](f.events), Groups: limitedTo[string](f.groups),
		})
		if err != nil {
			return err
		}
		return a.show(r, func(*term.Screen) error {
			if err := a.resultf("receiver %s is added; try it: gatewright receiver test %q\n", term.Clean(r.Name), term.Clean(r.Name)); err != nil || r.NewSecret == "" {
				return err
			}
			return a.resultf("secret: %s\n", r.NewSecret)
		})
	})
	return cmd
}

func (a *app) receiverList() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "list", Short: "List the receivers of notifications", Example: "  gatewright receiver list", Args: exactly(),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		receivers, err := collect(ctx, c.Receivers)
		if err != nil {
			return err
		}
		return a.show(client.List[*client.ReceiverInfo]{Items: receivers}, func(s *term.Screen) error {
			t := term.NewTable("NAME", "TYPE", "TO", "EVENTS", "GROUPS", "STATE", "ID")
			for _, r := range receivers {
				state := "enabled"
				if !r.Enabled {
					state = "disabled"
				}
				t.Row(r.Name, string(r.Type), receiverTarget(r), allOr(textsOf(r.Events)), allOr(r.GroupNames), state, string(r.ID))
			}
			return t.Write(s)
		})
	})
	return cmd
}

func textsOf[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts
}

func allOr(names []string) string {
	if len(names) == 0 {
		return everything
	}
	return strings.Join(names, ", ")
}

func receiverTarget(r *client.ReceiverInfo) string {
	if r.Type != gatewright.ReceiverEmail {
		return r.Endpoint
	}
	targets := r.Addresses
	if r.People {
		targets = append([]string{"people concerned"}, targets...)
	}
	return strings.Join(targets, ", ")
}

func (a *app) receiverSet() *cobra.Command {
	var f receiverFlags
	var name string
	var enabled bool
	cmd := a.clientFlags(&cobra.Command{
		Use: "set NAME", Short: "Alter a receiver of notifications",
		Long: "Alter a receiver of notifications. What is not given stays as it is.",
		Example: `  gatewright receiver set ci --event change.live --event change.failed
  gatewright receiver set ops --enabled=false
  gatewright receiver set ci --secret-file new-secret`,
		Args: exactly("the NAME of a receiver"),
	})
	f.register(a, cmd)
	cmd.Flags().StringVar(&name, "name", "", "new name")
	cmd.Flags().BoolVar(&enabled, "enabled", true, "whether it is told of anything")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		return a.look(func(ctx context.Context, c *client.Client, args []string) error {
			u, err := f.update(a, cmd)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("name") {
				u.Name = &name
			}
			if cmd.Flags().Changed("enabled") {
				u.Enabled = &enabled
			}
			r, err := c.Receiver(ctx, args[0])
			if err != nil {
				return err
			}
			if r, err = c.UpdateReceiver(ctx, string(r.ID), r.Revised, *u); err != nil {
				return err
			}
			return a.show(r, func(*term.Screen) error { return a.resultf("receiver %s is altered\n", term.Clean(r.Name)) })
		})(cmd, args)
	})
	return cmd
}

// update returns what the flags that were given alter.
func (f *receiverFlags) update(a *app, cmd *cobra.Command) (*client.ReceiverUpdate, error) {
	url, secret, err := f.read(a)
	if err != nil {
		return nil, err
	}
	u := &client.ReceiverUpdate{}
	if url != "" {
		u.URL = &url
	}
	if secret != "" {
		u.Secret = &secret
	}
	changed := cmd.Flags().Changed
	if changed("language") {
		u.Language = &f.language
	}
	if changed("to") {
		u.Addresses = &f.addresses
	}
	if changed("people") {
		u.People = &f.people
	}
	if changed("event") {
		events := limitedTo[gatewright.NotificationEvent](f.events)
		u.Events = &events
	}
	if changed("group") {
		groups := limitedTo[string](f.groups)
		u.Groups = &groups
	}
	return u, nil
}

func (a *app) receiverRemove() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "remove NAME", Short: "Remove a receiver of notifications",
		Example: "  gatewright receiver remove ci", Args: exactly("the NAME of a receiver"),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		r, err := c.Receiver(ctx, args[0])
		if err != nil {
			return err
		}
		if err := c.DeleteReceiver(ctx, string(r.ID), r.Revised); err != nil {
			return err
		}
		return a.show(map[string]any{"id": r.ID, "deleted": true}, func(*term.Screen) error {
			return a.resultf("receiver %s is removed\n", term.Clean(r.Name))
		})
	})
	return cmd
}
