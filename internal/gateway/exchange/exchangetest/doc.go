// Package exchangetest checks transports against the contract of package
// exchange. What it states holds for each of them, so it knows none: it speaks
// to them through net/http's client. A transport's own tests call it, and have
// their own for what is on the wire.
package exchangetest
