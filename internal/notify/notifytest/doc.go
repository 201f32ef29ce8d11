// Package notifytest checks that an outbox does what the dispatcher relies on,
// and brings one in memory for tests.
package notifytest
