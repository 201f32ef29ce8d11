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
	"github.com/gatewright/gatewright/internal/importer/native"
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
		project   string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "publish FILE...",
		Short: "Publish API definitions to a gateway group as new versions",
		Long: `Publish an API definition (an OpenAPI document, YAML or JSON), or a shared
flow (a file of kind Flow, as export writes it), to a gateway group. The
document's info.version is the version unless --version or --no-version says
otherwise; its servers are the upstream at the first publish, unless --node or
--discovery names one. "-" reads the document from standard input.

Several files are one change: all of them go live in one moment, or none does.
They have one config ID, and what the flags say holds for each of them; what
they say of upstream, hosts and access is not for shared flows among them.`,
		Example: `  gatewright publish examples/petstore/openapi.yaml --group test
  gatewright publish examples/petstore/openapi.yaml --group test --version 1.0.1 --dry-run
  gatewright publish openapi.yaml --group test --node 127.0.0.1:7001@3 --node 127.0.0.1:7002@1 --reason "two backends"
  gatewright publish pets.yaml orders.yaml --group test`,
		Args: files,
	})
	change.add(cmd)
	runtime.add(cmd)
	a.groupFlag(cmd, &group)
	cmd.Flags().StringVar(&name, "name", "", "name of the API (default the document's title)")
	cmd.Flags().StringVar(&version, "version", "", "version label (default the document's info.version)")
	cmd.Flags().StringVar(&project, "project", "", "`project` that a new API is made in (default the default one)")
	cmd.Flags().BoolVar(&noVersion, "no-version", false, "publish without a version label")
	cmd.MarkFlagsMutuallyExclusive("version", "no-version")
	required(cmd, "group")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		rt, err := runtime.runtime(cmd)
		if err != nil {
			return err
		}
		if len(args) > 1 && (name != "" || version != "") {
			return usagef("--name and --version are for one FILE, %d are given", len(args))
		}
		a.working = true
		req := client.PlanRequest{Kind: gatewright.ChangePublish, Group: group}
		for _, file := range args {
			text, err := a.readDocument(file)
			if err != nil {
				return err
			}
			req.Items = append(req.Items, client.Item{
				API: name, Project: project, Document: client.NewDocument(documentName(file), text),
				Version: version, NoVersion: noVersion, Runtime: rt,
			})
		}
		spareFlows(req.Items)
		return a.change(cmd.Context(), &change, req, args...)
	}
	return cmd
}

// spareFlows takes the runtime configuration from shared flows, which have none,
// when there is something else among the items that the flags can mean.
func spareFlows(items []client.Item) {
	var flows []int
	for i := range items {
		if items[i].Runtime == nil {
			return
		}
		read, err := native.Import(items[i].Document.Name, items[i].Document.Content())
		if err == nil && read.Definition.Kind == gatewright.KindFlow {
			flows = append(flows, i) // what cannot be read is for the control plane to tell
		}
	}
	if len(flows) == len(items) {
		return
	}
	for _, i := range flows {
		items[i].Runtime = nil
	}
}

// files refuses a command line without a file, and one that reads standard
// input twice.
func files(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("%s needs a FILE", cmd.CommandPath())
	}
	stdin := 0
	for _, file := range args {
		if file == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		return usagef("standard input (-) can be read once, it is given %d times", stdin)
	}
	return nil
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
