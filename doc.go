// Package gatewright is the domain: the nouns every other package speaks of,
// their rules, and nothing else.
//
// An [API] is given content by immutable [Revision]s. A revision runs in a
// [Slot] of a gateway [Group], where a [Change] put it. What a group runs is a
// [Manifest] of content-addressed [Resource]s, which its [Instance]s hold.
//
// This package imports only the standard library. It does no input or output,
// reads no clock and keeps no state.
package gatewright
