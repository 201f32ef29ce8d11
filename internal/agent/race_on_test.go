//go:build race

package agent_test

// many is what a gateway has to load; the race detector makes that slow.
const many = 1000
