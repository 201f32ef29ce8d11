// Command gatewright is the control plane, the gateway and the command line
// of Gatewright in one binary.
package main

import (
	"os"

	"github.com/gatewright/gatewright/internal/cli"
)

func main() { os.Exit(cli.Main()) }
