//go:build !linux

package database

// memory returns "": nothing is known of directories in memory.
func memory() string { return "" }
