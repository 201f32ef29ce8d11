// Package sqlsource reads from the databases that data APIs are written
// against: PostgreSQL, MySQL and MariaDB, ClickHouse, SQLite. One [Source] is
// one database of one gateway: its bounded pool of connections with a fair
// queue before it, statements that end on the server when their caller goes
// away, and rows handed out as typed bytes without a value per cell.
//
// Every connection is made read-only by the means its database has, reaches
// only the addresses that a [Guard] allows, and sees options from a list and
// no others. That is the last line of defence and not the first: which
// statements may run is decided elsewhere, before they come here, and the
// account should be one that cannot write. [Source.Check] warns when it can.
//
// The package must not decide who may read what, must not rewrite statements
// beyond what binding an argument takes, caches no results, and never shows
// credentials: not in errors, logs or String methods.
package sqlsource
