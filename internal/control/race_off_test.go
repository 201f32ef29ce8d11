//go:build !race

package control_test

// many is how many APIs a group has.
const many = 10_000
