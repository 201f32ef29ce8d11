// Package sqlstore keeps the control plane's state in an SQL database. It
// implements [control.Store]; SQLite, embedded, is the one database so far.
//
// Statements are written by hand, one for each purpose, in the SQL that SQLite
// and PostgreSQL share, with ? for arguments. What differs between databases
// is in a [dialect] value and in the migrations of each. Creating what exists
// is found with ON CONFLICT DO NOTHING and the number of rows, not from a
// failed statement: PostgreSQL gives up a transaction whose statement failed,
// and SQLite, for some failures, rolls it back unasked. So any error from the
// driver ends the transaction it happened in for good.
//
// SQLite runs with a write-ahead log and synchronous=FULL: what Update has
// acknowledged survives a killed process and a power failure. There is one
// connection that writes and a pool of connections that read snapshots, so
// readers never wait for the writer nor the writer for them.
//
// The package holds no rule of the product beyond what the contract of
// control.Store says, and hands out no type of database/sql or of a driver.
package sqlstore
