// Package discover keeps the addresses of upstream services up to date while a
// gateway runs.
//
// A [Resolver] is asked to watch a service of a registry. It tells the watcher
// the addresses at once and after each change, together with how far they can
// be trusted. All watchers of one service share one [Discoverer], so that a new
// runtime that watches what the old one watched causes no query.
//
// DNS is the registry there is: address records for "host:port", SRV records
// for a name without a port. An upstream's fixed node that has a host name is
// watched in the same way, in the registry that is the machine's own resolver
// configuration.
//
// Answers outlive the watch that found them: an edited registry, and a service
// that is watched again, begin with what was last found for the same name in
// the registry of the same name. Else an edit made while DNS is slow would take
// services away that work.
//
// Answers outlive a registry that fails, for as long as the registry's Stale
// says. A name that does not exist any more counts as a failure too: emptying
// an upstream because of one wrong answer costs more than sending requests to
// addresses that are gone.
//
// The package opens no connection to the addresses it finds and does not
// choose among them.
package discover
