// Package mariadb gives tests a real MariaDB server: one of their own for each
// test process, made of the system's binaries, and one fresh database for each
// test. It must not be used by anything but tests, and never talks to a server
// that it did not start.
package mariadb
