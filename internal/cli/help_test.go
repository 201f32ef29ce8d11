package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryCommandHelps keeps the promises of the help text: what it is for,
// an example that names the command, and a usage that fits a terminal.
func TestEveryCommandHelps(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, child := range cmd.Commands() {
			walk(child)
		}
		if cmd.Name() == "help" || strings.HasPrefix(cmd.CommandPath(), "gatewright completion") {
			return // the library's own
		}
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
				t.Errorf("short text %q is empty or a sentence", cmd.Short)
			}
			if !strings.Contains(cmd.Example, cmd.CommandPath()) {
				t.Errorf("the example does not show %q:\n%s", cmd.CommandPath(), cmd.Example)
			}
			for line := range strings.Lines(cmd.Long) {
				if len([]rune(strings.TrimRight(line, "\n"))) > 80 {
					t.Errorf("longer than 80 characters: %q", line)
				}
			}
			if cmd.Args == nil {
				t.Error("it takes any arguments")
			}
		})
	}
	walk((&app{env: System()}).root())
}

// TestClientFlags checks that every command that talks to a control plane can
// be told which one, and how to answer.
func TestClientFlags(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, child := range cmd.Commands() {
			walk(child)
		}
		if cmd.HasSubCommands() || cmd.Flags().Lookup("server") == nil || cmd.Name() == "gateway" {
			return
		}
		for _, flag := range []string{"token", "output"} {
			if cmd.Flags().Lookup(flag) == nil {
				t.Errorf("%s lacks --%s", cmd.CommandPath(), flag)
			}
		}
	}
	walk((&app{env: System()}).root())
}

func TestReword(t *testing.T) {
	tests := []struct{ name, message, want string }{
		{"one missing", `required flag(s) "group" not set`, "--group is missing"},
		{"two missing", `required flag(s) "from", "to" not set`, "--from and --to are missing"},
		{
			"exclusive", "if any flags in the group [node discovery] are set none of the others can be; [discovery node] were all set",
			"--node and --discovery exclude one another",
		},
		{"anything else", "unknown flag: --x", "unknown flag: --x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := reword(tt.message); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
