package runs

import (
	"os/exec"
	"strings"
	"testing"
)

func TestRunsAreSpreadOverTheDisk(t *testing.T) {
	t.Chdir(t.TempDir())
	if out, err := exec.Command("lsattr", "-d", ".").Output(); err != nil || !strings.Contains(string(out), "e") { // extents: ext4
		t.Skipf("no ext4: lsattr says %q (%v)", out, err)
	}
	run, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer run.Release()
	if out, err := exec.Command("lsattr", "-d", folders).Output(); err != nil || !strings.Contains(strings.Fields(string(out))[0], "T") {
		t.Errorf("got %q (%v), expected the flag T", out, err)
	}
}
