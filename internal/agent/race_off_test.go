//go:build !race

package agent_test

// many is what a gateway has to load.
const many = 10_000
