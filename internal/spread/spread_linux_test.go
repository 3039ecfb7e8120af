package spread

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFoldersAreSpread(t *testing.T) {
	in := t.TempDir()
	var system unix.Statfs_t
	if err := unix.Statfs(in, &system); err != nil {
		t.Fatal(err)
	}
	if system.Type != unix.EXT4_SUPER_MAGIC {
		t.Skipf("only ext4 has the flag: this file system is %#x", system.Type)
	}
	for range 2 {
		Folders(in)
		f, err := os.Open(in)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS); err != nil || flags&topDir == 0 {
			t.Errorf("got flags %#x (%v), expected %#x among them", flags, err, topDir)
		}
	}
	Folders(in + "/nowhere") // is no error
}
