package database

import "syscall"

// minFree is how many bytes must be free for tests to use the system's memory:
// containers often have 64 MB there.
const minFree = 2 << 30

// memory returns a directory that is in memory, "" for none.
func memory() string {
	const dir = "/dev/shm"
	const writable = 2 // W_OK
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil || s.Bavail*uint64(s.Bsize) < minFree || syscall.Access(dir, writable) != nil {
		return ""
	}
	return dir
}
