//go:build linux || darwin

package main

import "syscall"

// freeDisk is how much the file system of a directory has left for users, in
// bytes; ok is false where that cannot be known.
func freeDisk(dir string) (free uint64, ok bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return uint64(float64(s.Bavail) * float64(s.Bsize)), true // whose types differ by system
}
