// Package database gives tests SQLite databases of the control plane that have
// their schema already, since making it takes longer than most tests, and a
// place for them that is not on a disk. It must not be used by anything but
// tests, nor by those that look at how a schema is made.
package database
