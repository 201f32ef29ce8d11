// Package native reads and writes Gatewright's own files: what a gateway group
// has, one YAML or JSON document per thing, to be kept under version control
// and applied to a group.
//
// What it writes it reads back without loss, and writes again byte by byte.
// Each kind is one Go type and one line in the table of kinds; how its members
// are written follows from the type, so that a member added to the domain is
// in the files from then on.
//
// It decides nothing about what a document means for a group: that is the
// control plane's. It opens no file but through the file system it is given,
// which must not lead out of the directory the user named.
package native
