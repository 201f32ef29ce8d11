package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

// stdinName is what a document from standard input is called in messages.
const stdinName = "stdin"

func (a *app) publish() *cobra.Command {
	var (
		change    changeFlags
		runtime   runtimeFlags
		group     string
		name      string
		version   string
		noVersion bool
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "publish FILE",
		Short: "Publish an API definition to a gateway group as a new version",
		Long: `Publish an API definition (an OpenAPI document, YAML or JSON) to a gateway
group. The document's info.version is the version unless --version or
--no-version says otherwise; its servers are the upstream at the first publish,
unless --node or --discovery names one. "-" reads the document from standard
input.`,
		Example: `  gatewright publish examples/petstore/openapi.yaml --group test
  gatewright publish examples/petstore/openapi.yaml --group test --version 1.0.1 --dry-run
  gatewright publish openapi.yaml --group test --node 127.0.0.1:7001@3 --node 127.0.0.1:7002@1 --reason "two backends"`,
		Args: exactly("a FILE"),
	})
	change.add(cmd)
	runtime.add(cmd)
	a.groupFlag(cmd, &group)
	cmd.Flags().StringVar(&name, "name", "", "name of the API (default the document's title)")
	cmd.Flags().StringVar(&version, "version", "", "version label (default the document's info.version)")
	cmd.Flags().BoolVar(&noVersion, "no-version", false, "publish without a version label")
	cmd.MarkFlagsMutuallyExclusive("version", "no-version")
	required(cmd, "group")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		rt, err := runtime.runtime(cmd)
		if err != nil {
			return err
		}
		a.working = true
		text, err := a.readDocument(args[0])
		if err != nil {
			return err
		}
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangePublish, Group: group,
			Items: []client.Item{{
				API: name, Document: client.NewDocument(documentName(args[0]), text),
				Version: version, NoVersion: noVersion, Runtime: rt,
			}},
		}, args[0])
	}
	return cmd
}

// required marks a flag of cmd as one that must be given.
func required(cmd *cobra.Command, flag string) {
	if err := cmd.MarkFlagRequired(flag); err != nil {
		panic("cli: require --" + flag + ": " + err.Error()) // the flag is missing in this very file
	}
}

// documentName is what the control plane calls the file.
func documentName(file string) string {
	if file == "-" {
		return stdinName
	}
	return filepath.Base(file)
}

// readDocument reads a definition from a file, or from standard input for
// "-".
func (a *app) readDocument(name string) (text []byte, err error) {
	in := a.env.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("open the definition: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		in = f
	}
	text, err = io.ReadAll(io.LimitReader(in, gatewright.MaxDocumentBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the definition: %w", err)
	}
	if len(text) > gatewright.MaxDocumentBytes {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "%s is longer than %d bytes, the most a definition may have", name, gatewright.MaxDocumentBytes)
	}
	return text, nil
}
