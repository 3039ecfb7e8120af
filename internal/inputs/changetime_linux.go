package inputs

import (
	"io/fs"
	"syscall"
	"time"
)

// changeTime returns when a file was last changed or moved. No program sets it.
func changeTime(info fs.FileInfo) time.Time {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return info.ModTime()
	}
	return time.Unix(stat.Ctim.Unix())
}
