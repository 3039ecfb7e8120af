//go:build !mapjob_reads

package reads

// Ask notes that the go command is about to be asked for settings or packages, and
// not to build anything.
func Ask() {}
