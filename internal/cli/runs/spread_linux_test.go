package runs

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRunsAreSpreadOverTheDisk(t *testing.T) {
	t.Chdir(t.TempDir())
	var system unix.Statfs_t
	if err := unix.Statfs(".", &system); err != nil {
		t.Fatal(err)
	}
	if system.Type != unix.EXT4_SUPER_MAGIC {
		t.Skipf("only ext4 has the flag: this file system is %#x", system.Type)
	}
	for _, when := range []string{"new", "found"} {
		run, err := New()
		if err != nil {
			t.Fatal(err)
		}
		defer run.Release()
		f, err := os.Open(folders)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS); err != nil || flags&topDir == 0 {
			t.Errorf("%s: got flags %#x of %s (%v), expected %#x among them", when, flags, folders, err, topDir)
		}
	}
}
