// Package process runs the servers that tests need: each with a directory and
// a port of its own, as a user who may do little, and never longer than the
// process that started it, however that ends. A shell script holds the other
// end of a pipe and stops the server, by its process ID, when the pipe breaks.
//
// It must not be used by anything but tests, knows nothing of the servers, and
// stops none that it did not start.
package process
