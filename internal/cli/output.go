package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/gatewright/gatewright/internal/cli/term"
)

// outputFormat is the form of a result. It is a flag's value.
type outputFormat string

const (
	formatTable outputFormat = "table"
	formatJSON  outputFormat = "json"
	formatYAML  outputFormat = "yaml"
)

func (f *outputFormat) String() string { return string(*f) }
func (f *outputFormat) Type() string   { return "format" }

// Set implements pflag.Value.
func (f *outputFormat) Set(s string) error {
	switch v := outputFormat(s); v {
	case formatTable, formatJSON, formatYAML:
		*f = v
		return nil
	}
	return fmt.Errorf("use table, json or yaml")
}

func (a *app) formatFlag(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().VarP(&a.format, "output", "o", "table, json or yaml")
	complete(cmd, "output", string(formatTable), string(formatJSON), string(formatYAML))
	return cmd
}

// complete offers values for a flag in the shell. It cannot fail for a flag
// that exists.
func complete(cmd *cobra.Command, flag string, values ...cobra.Completion) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("cli: complete --" + flag + ": " + err.Error()) // the flag is missing in this very file
	}
}

// show writes v in the format the user asked for; table writes it for people.
func (a *app) show(v any, table func(*term.Screen) error) error {
	if a.format == formatTable {
		if err := table(a.stdout); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		return nil
	}
	text, err := marshal(a.format, v)
	if err != nil {
		return err
	}
	return a.resultf("%s", text)
}

// marshal returns v as JSON or as the YAML with the same members.
func marshal(format outputFormat, v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the result: %w", err)
	}
	if format == formatJSON {
		return b.Bytes(), nil
	}
	// JSON is YAML: read as that, it keeps the names and order of its members.
	var node yaml.Node
	if err := yaml.Unmarshal(escapeForYAML(b.Bytes()), &node); err != nil {
		return nil, fmt.Errorf("encode the result: %w", err)
	}
	plain(&node)
	var y bytes.Buffer
	out := yaml.NewEncoder(&y)
	out.SetIndent(2)
	if err := out.Encode(&node); err != nil {
		return nil, fmt.Errorf("encode the result: %w", err)
	}
	if err := out.Close(); err != nil {
		return nil, fmt.Errorf("encode the result: %w", err)
	}
	return y.Bytes(), nil
}

// escapeForYAML writes out the characters that JSON may hold as they are and
// YAML may not.
func escapeForYAML(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for _, r := range string(b) {
		if r >= 0x7f && r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff {
			out = fmt.Appendf(out, "\\u%04x", r)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// plain takes JSON's brackets and needless quotes from a tree.
func plain(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		plain(c)
	}
}
