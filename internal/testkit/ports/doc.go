// Package ports gives tests addresses for servers that are started with one,
// or stopped and started again on it. It must not be used by anything but
// tests; a test that can keep its listener open needs none of this.
//
// A port that the system chose is nobody's once its listener is closed: an
// outgoing connection of any process may get it, even one that knocks at that
// very port. So these ports lie below the range that the system chooses from,
// and no two test processes have the same.
package ports
