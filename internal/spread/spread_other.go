//go:build !linux

// Package spread lets a file system place folders far from one another.
package spread

// Folders is for a file system of Linux.
func Folders(string) {}
