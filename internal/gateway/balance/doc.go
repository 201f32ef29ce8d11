// Package balance chooses which address of an upstream gets the next request.
//
// A [Balancer] spreads picks over its members in proportion to their weights,
// exactly over one period and evenly within it, with one atomic addition and
// no lock. A member whose connection could not be opened is passed by for a
// short while, as long as there is another. Within one exchange a member is
// picked once only.
//
// The package opens no connection and knows no transport: what a member leads
// to is a value of the caller's own type. It does not look addresses up; who
// does calls [Balancer.Update].
package balance
