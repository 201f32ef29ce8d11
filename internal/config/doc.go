// Package config holds what an installation can set for a Gatewright process:
// defaults, the strict YAML file, the environment on top of it, and the rules
// a configuration must keep. Every mistake is reported at once, each with the
// place where it was written.
//
// The package reads files and nothing else: it opens no port, starts nothing
// and knows no package that does.
package config
