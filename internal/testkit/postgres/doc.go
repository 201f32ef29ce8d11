// Package postgres gives tests a real PostgreSQL server: one of their own for
// each test process, made of the system's binaries in a temporary directory,
// and one fresh database for each test. It must not be used by anything but
// tests, and never talks to a server that it did not start.
//
// The server ends with the process that uses it, however that ends: a shell
// script holds the other end of a pipe and stops the server when the pipe
// breaks.
package postgres
