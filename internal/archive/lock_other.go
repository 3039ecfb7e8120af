//go:build !unix

package archive

import "os"

// Without locks, executions of a process that still runs look interrupted.

func lock(*os.File) error  { return nil }
func isLocked(string) bool { return false }
