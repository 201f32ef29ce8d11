// Package clickhouse gives tests a real ClickHouse server: one of their own for
// each test process, made of the system's binaries, and one fresh database for
// each test. Debian has version 18.16 of it, and no other can be had as a
// package: what newer versions do otherwise is not tested with it.
//
// It must not be used by anything but tests, and never talks to a server that
// it did not start.
package clickhouse
