package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) auditShow() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "show ID", Short: "Show one audit entry, and what it altered",
		Example: "  gatewright audit show 120\n  gatewright audit show 120 -o yaml",
		Args:    exactly("the ID of an entry; see: gatewright audit list"),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || id < 1 {
			return usagef("%q is not the ID of an audit entry, a number; see: gatewright audit list", args[0])
		}
		e, err := c.AuditEntry(ctx, id)
		if err != nil {
			return err
		}
		return a.show(e, func(s *term.Screen) error { return writeAuditEntry(s, e) })
	})
	return cmd
}

func writeAuditEntry(s *term.Screen, e *gatewright.AuditEntry) error {
	var b strings.Builder
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%-9s %s\n", name+":", term.Clean(text))
		}
	}
	line("entry", strconv.FormatInt(e.ID, 10))
	line("time", timeText(e.At))
	line("who", e.Actor.Name)
	line("via", e.Actor.Client)
	line("from", e.Actor.Address)
	line("token", string(e.Actor.Token))
	line("action", e.Action)
	line("target", strings.TrimSpace(e.Kind+" "+e.Target))
	line("group", string(e.Group))
	line("api", string(e.API))
	line("outcome", string(e.Outcome))
	line("detail", e.Detail)
	line("hash", string(e.Hash))
	before, after := flatten(e.Before), flatten(e.After)
	paths := map[string]struct{}{}
	for path := range before {
		paths[path] = struct{}{}
	}
	for path := range after {
		paths[path] = struct{}{}
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		was, had := before[path]
		is, has := after[path]
		if had && has && was == is {
			continue
		}
		if had {
			b.WriteString(s.Paint(term.Red, term.Clean("- "+path+": "+was)) + "\n")
		}
		if has {
			b.WriteString(s.Paint(term.Green, term.Clean("+ "+path+": "+is)) + "\n")
		}
	}
	_, err := io.WriteString(s, b.String())
	return err
}

// flatten returns the values in raw by their path, "settings.maxQPS" or
// "tags[0]"; nothing when raw is empty.
func flatten(raw json.RawMessage) map[string]string {
	if len(raw) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return map[string]string{"": string(raw)} // not as it was written; verify tells
	}
	flat := map[string]string{}
	flattenInto(flat, "", v)
	return flat
}

func flattenInto(flat map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			flattenInto(flat, strings.TrimPrefix(path+"."+name, "."), member)
		}
	case []any:
		for i, item := range v {
			flattenInto(flat, fmt.Sprintf("%s[%d]", path, i), item)
		}
	default:
		flat[path] = fmt.Sprint(v)
	}
}
