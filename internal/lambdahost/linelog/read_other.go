//go:build !unix

package linelog

import "errors"

// readPipe returns an error: functions run on Linux and macOS only.
func readPipe(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
