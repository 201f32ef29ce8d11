// Package sqlstore keeps the control plane's state in an SQL database. It
// implements [control.Store] on SQLite, embedded, for a control plane of one
// process, and on PostgreSQL for one of any number of replicas.
//
// # Statements
//
// Statements are written by hand, one for each purpose, in the SQL that both
// databases share, with ? for arguments. What differs is in a [dialect] value.
// Creating what exists is found with ON CONFLICT DO NOTHING and the number of
// rows, or by looking first, never from a failed statement: PostgreSQL gives
// up a transaction whose statement failed, and SQLite, for some failures,
// rolls it back unasked. So any error from the driver ends the transaction it
// happened in for good. Looking first is safe: updates exclude one another.
//
// # Migrations
//
// The schema is one set of numbered files in the directory migrations, for
// both databases. To add to it, write the next file, "0003_noun.sql", that
// begins with the line "-- +goose Up"; nothing else has to be registered. The
// files are in the words of SQLite, which become those of PostgreSQL when they
// are read:
//
//	TEXT          TEXT COLLATE "C": text compares byte by byte
//	INTEGER       BIGINT; also for true (1) and false (0), and for times,
//	              which are microseconds since 1970 in UTC
//	BLOB          BYTEA
//	SEQUENCE      a whole column: the primary key, numbered in the order of
//	              writing, no number given twice
//	) STRICT;     every table ends with it, or with ") STRICT, WITHOUT ROWID;"
//	              for small rows with a key of several columns
//
// A line "-- +sqlite …" or "-- +postgres …" is for that database only. Names
// and literals must not hold those words in capitals. Statements end with ;
// and may be CREATE TABLE, CREATE INDEX (also partial ones), ALTER TABLE … ADD
// COLUMN, INSERT, UPDATE and DELETE; SQLite can neither add a constraint nor
// alter a column. A column that is added and is NOT NULL has a DEFAULT.
//
// Migrations go forward only, and a released file is never edited. Each runs
// in one transaction together with the note that it ran, so none may say NO
// TRANSACTION. While replicas are replaced one after the other, the older ones
// work on the newer schema: a migration adds and does not take away. Tests run
// all of them on both databases, from every earlier number on, with rows in
// every table.
//
// # SQLite
//
// It runs with a write-ahead log and synchronous=FULL: what Update has
// acknowledged survives a killed process and a power failure. There is one
// connection that writes and a pool of connections that read snapshots, so
// readers never wait for the writer nor the writer for them. One process has
// the file; a lock on a file beside it sees to that.
//
// # PostgreSQL
//
// Update takes an advisory lock, one for all replicas, before it reads
// anything, and so sees everything that was committed before; View reads a
// snapshot. Times come from the server's clock, read once the lock is held.
// A connection that is lost before the commit makes Update begin again; when
// it is lost while the server commits, the server is asked afterwards which
// way that ended. Events notify the other replicas, which also look for them
// once a second. Connections must be to the server or to a pooler that gives a
// session of its own to each: sessions have settings and listen.
//
// The package holds no rule of the product beyond what the contract of
// control.Store says, and hands out no type of database/sql or of a driver.
package sqlstore
