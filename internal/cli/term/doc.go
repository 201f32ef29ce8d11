// Package term writes for people: tables that align in any script, colours
// where they are wanted, text that cannot play tricks on a terminal. It knows
// nothing of what the text is about.
package term
