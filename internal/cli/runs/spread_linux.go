package runs

import (
	"os"

	"golang.org/x/sys/unix"
)

// topDir is FS_TOPDIR_FL of linux/fs.h: chattr +T.
const topDir = 0x20000

// spread lets an ext4 file system place the folders in a folder far from one another.
//
// ext4 does not use an inode again until a minute after its file was removed, and for
// each new file it looks at all of these in the part of the disk where the file's
// folder is (recently_deleted in fs/ext4/ialloc.c). So a run that began after another
// one had been removed took up to four times as long. Other file systems refuse the
// flag or ignore it, and runs work without it.
func spread(folder string) {
	f, err := os.Open(folder)
	if err != nil {
		return
	}
	defer f.Close()
	flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err == nil && flags&topDir == 0 {
		_ = unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, int(flags|topDir))
	}
}
