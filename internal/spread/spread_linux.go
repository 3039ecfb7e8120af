// Package spread lets a file system place folders far from one another.
package spread

import (
	"os"

	"golang.org/x/sys/unix"
)

// topDir is FS_TOPDIR_FL of linux/fs.h, which chattr +T sets.
const topDir = 0x20000

// Folders lets an ext4 file system spread the folders that will be made in a folder.
//
// ext4 does not use the inode of a removed file again for a minute, and for each new file
// it looks at all of these in the part of the disk where the file's folder is
// (recently_deleted in fs/ext4/ialloc.c). So writing thousands of files soon after
// thousands were removed takes several times as long, unless it is elsewhere on the disk.
// It chooses the part by the name of a folder: folders of the same name, made again and
// again, come to be near one another.
// Other file systems refuse the flag or ignore it, and nothing depends on it.
func Folders(in string) {
	f, err := os.Open(in)
	if err != nil {
		return
	}
	defer f.Close()
	flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err == nil && flags&topDir == 0 {
		_ = unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, int(flags|topDir))
	}
}
