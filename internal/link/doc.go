// Package link is the language that control plane and gateways speak: paths,
// messages, limits and versions, and nothing that acts.
//
// A gateway joins, then keeps one stream open on which the control plane says
// what the group runs and prepares, and asks questions. What a gateway has to
// say, answers included, it says in requests of its own. Content is fetched by
// hash, secrets by identifier, sealed to who fetches. All of it is HTTP/1.1 and
// JSON, so that a person with curl can follow it.
//
// The stream is level-triggered: what is sent follows from what the group
// wants now and what this stream was sent before, never from a queue of what
// happened in between.
package link
