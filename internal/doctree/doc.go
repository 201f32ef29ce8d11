// Package doctree reads a YAML or JSON document into one tree in which every
// value knows where it was written.
//
// It exists because importers must name file, line and column in what they
// report, whatever the notation, and because they must be able to walk what
// they read without fear: when [Parse] returns a tree, its size and depth with
// all aliases followed are within the limits of this package.
//
// It knows nothing about what documents mean, opens no file and fetches
// nothing.
package doctree
