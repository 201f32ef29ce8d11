package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) templates() *cobra.Command {
	return parent("template", "Word notifications anew",
		`  gatewright template show change.live --language de
  gatewright template set change.live --title "Live: {{.Subject}}" --text-file live.txt
  gatewright template reset change.live`,
		a.templateSet(), a.templateShow(), a.templateReset())
}

// templateFlags gives cmd the flag that says which language is meant.
func templateFlags(cmd *cobra.Command, language *string) *cobra.Command {
	cmd.Flags().StringVar(language, "language", gatewright.NotificationLanguages()[0], "language: en, zh or de")
	complete(cmd, "language", gatewright.NotificationLanguages()...)
	cmd.ValidArgs = textsOf(gatewright.NotificationEvents())
	return cmd
}

func (a *app) templateSet() *cobra.Command {
	var language, textFile string
	var t client.TemplateText
	cmd := templateFlags(a.clientFlags(&cobra.Command{
		Use: "set EVENT", Short: "Word an event anew",
		Long: `Word an event anew: a title of one line and a text. They may place facts, like
{{.Subject}}, {{.Group}} and {{.Data.reason}}, and choose with {{if}}. What is
not given stays as it is.`,
		Example: `  gatewright template set change.live --title "{{.Subject}} is live in {{.Group}}"
  gatewright template set change.failed --language de --text-file gescheitert.txt`,
		Args: exactly("an EVENT, like change.live"),
	}), &language)
	cmd.Flags().StringVar(&t.Title, "title", "", "title")
	cmd.Flags().StringVar(&textFile, "text-file", "", "`file` with the text, - for standard input")
	cmd.MarkFlagsOneRequired("title", "text-file")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		now, err := c.Template(ctx, args[0], language)
		if err != nil {
			return err
		}
		if t.Title == "" {
			t.Title = now.Title
		}
		t.Text = now.Text
		if textFile != "" {
			if t.Text, err = a.secretText("text-file", textFile); err != nil {
				return err
			}
		}
		info, err := c.SetTemplate(ctx, args[0], language, t)
		if err != nil {
			return err
		}
		return a.show(info, func(*term.Screen) error {
			return a.resultf("%s in %s is worded anew\n", info.Event, info.Language)
		})
	})
	return cmd
}

func (a *app) templateShow() *cobra.Command {
	var language string
	cmd := templateFlags(a.clientFlags(&cobra.Command{
		Use: "show [EVENT]", Short: "Show how an event is worded, or list all events",
		Example: "  gatewright template show\n  gatewright template show change.live --language zh",
		Args:    between(0, "an EVENT"),
	}), &language)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		if len(args) == 0 {
			return a.listTemplates(ctx, c)
		}
		t, err := c.Template(ctx, args[0], language)
		if err != nil {
			return err
		}
		return a.show(t, func(*term.Screen) error {
			return a.resultf("%s\n\n%s\n", term.Clean(t.Title), term.CleanLines(strings.TrimRight(t.Text, "\n")))
		})
	})
	return cmd
}

func (a *app) listTemplates(ctx context.Context, c *client.Client) error {
	templates, err := collect(ctx, c.Templates)
	if err != nil {
		return err
	}
	return a.show(client.List[*client.TemplateInfo]{Items: templates}, func(s *term.Screen) error {
		table := term.NewTable("EVENT", "LANGUAGE", "TITLE", "BY", "CHANGED")
		for _, t := range templates {
			by, at := "built in", ""
			if t.Own {
				by, at = t.UpdatedBy, timeText(t.UpdatedAt)
			}
			table.Row(string(t.Event), t.Language, t.Title, by, at)
		}
		return table.Write(s)
	})
}

func (a *app) templateReset() *cobra.Command {
	var language string
	cmd := templateFlags(a.clientFlags(&cobra.Command{
		Use: "reset EVENT", Short: "Go back to the built-in words of an event",
		Example: "  gatewright template reset change.live --language de", Args: exactly("an EVENT, like change.live"),
	}), &language)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		if err := c.ResetTemplate(ctx, args[0], language); err != nil {
			return err
		}
		return a.show(map[string]any{"event": args[0], "language": language, "own": false}, func(*term.Screen) error {
			return a.resultf("%s in %s has its built-in words again\n", term.Clean(args[0]), language)
		})
	})
	return cmd
}
