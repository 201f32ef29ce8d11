//go:build race

package control_test

// many is how many APIs a group has; the race detector makes that slow.
const many = 2_000
