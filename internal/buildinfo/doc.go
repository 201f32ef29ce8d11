// Package buildinfo says which build of Gatewright is running. It must stay
// free of everything else: every binary and every report names it.
package buildinfo
