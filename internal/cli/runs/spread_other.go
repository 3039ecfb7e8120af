//go:build !linux

package runs

// spread is for a file system of Linux.
func spread(string) {}
