//go:build !linux && !darwin

package inputs

import (
	"io/fs"
	"time"
)

// changeTime returns when a file was last changed.
func changeTime(info fs.FileInfo) time.Time { return info.ModTime() }
