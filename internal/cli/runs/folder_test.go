package runs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// makeRun makes the folder of a run, which the process with pid uses, or no process
// if pid is 0.
func makeRun(t *testing.T, name string, pid int) {
	t.Helper()
	folder := filepath.Join(root, "runs", name)
	if err := os.MkdirAll(filepath.Join(folder, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if pid == 0 {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, pidFile), []byte(strconv.Itoa(pid)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// inRuns returns the names in the folder of runs.
func inRuns(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// ended returns the ID of a process that has ended.
func ended(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func TestOldRunsAreRemoved(t *testing.T) {
	const own = "20261101-000009-0000"
	for name, c := range map[string]struct {
		keep     int
		make     func(t *testing.T)
		expected []string
	}{
		"the oldest go": {2, func(t *testing.T) {
			makeRun(t, "20261101-000001-0000", 0)
			makeRun(t, "20261101-000003-0000", 0)
			makeRun(t, "20261101-000002-0000", 0)
		}, []string{"20261101-000003-0000", own, Last}},
		"none if there are not too many": {3, func(t *testing.T) {
			makeRun(t, "20261101-000001-0000", 0)
			makeRun(t, "20261101-000002-0000", 0)
		}, []string{"20261101-000001-0000", "20261101-000002-0000", own, Last}},
		"one that goes on stays, and one that crashed does not": {1, func(t *testing.T) {
			makeRun(t, "20261101-000001-0000", os.Getppid())
			makeRun(t, "20261101-000002-0000", ended(t))
		}, []string{"20261101-000001-0000", own, Last}},
		"what is no run stays": {1, func(t *testing.T) {
			for _, name := range []string{"mine", "20261101", "20261101-000001-000", "20261101-000001-0000.bak", "20261101-000001-000g"} {
				makeRun(t, name, 0)
			}
			if err := os.WriteFile(filepath.Join(root, "runs", "20261101-000001-0000"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("mine", filepath.Join(root, "runs", "20261101-000002-0000")); err != nil {
				t.Fatal(err)
			}
		}, []string{"20261101", "20261101-000001-000", "20261101-000001-0000", "20261101-000001-0000.bak", "20261101-000001-000g",
			"20261101-000002-0000", own, Last, "mine"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			makeRun(t, own, os.Getpid())
			c.make(t)
			var b Beginning
			b.Begin(filepath.Join(root, "runs", own), c.keep)
			if err := b.Wait(); err != nil {
				t.Fatal(err)
			}
			if got := inRuns(t); !slices.Equal(got, c.expected) {
				t.Errorf("got %q, expected %q", got, c.expected)
			}
			if to, err := os.Readlink(filepath.Join(root, "runs", Last)); to != own || err != nil {
				t.Errorf("got %q and error %v, expected that last is %s", to, err, own)
			}
		})
	}
}

// An earlier run may be the last one that began: a later one is still building.
func TestTheLastRunStays(t *testing.T) {
	t.Chdir(t.TempDir())
	makeRun(t, "20261101-000001-0000", 0)
	makeRun(t, "20261101-000002-0000", 0)
	runs := filepath.Join(root, "runs")
	if err := os.Symlink("20261101-000001-0000", filepath.Join(runs, Last)); err != nil {
		t.Fatal(err)
	}
	if err := prune(runs, 1); err != nil {
		t.Fatal(err)
	}
	if got, expected := inRuns(t), []string{"20261101-000001-0000", "20261101-000002-0000", Last}; !slices.Equal(got, expected) {
		t.Errorf("got %q, expected %q", got, expected)
	}
}

func TestRunsAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	for i := range 50 {
		makeRun(t, fmt.Sprintf("20201101-0000%02d-0000", i), 0)
	}
	const n = 40
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			folder, err := New()
			if err != nil {
				t.Error(err)
				return
			}
			var b Beginning
			b.Begin(folder, 1)
			if err := b.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	folders := map[string]bool{}
	for _, name := range inRuns(t) {
		folders[name] = runName.MatchString(name)
	}
	if len(folders) != n+1 { // with "last"
		t.Errorf("got %d names, expected %d runs of their own and last: %v", len(folders), n, folders)
	}
	if to, err := os.Readlink(filepath.Join(root, "runs", Last)); !folders[to] || err != nil {
		t.Errorf("got %q and error %v, expected that last is one of them", to, err)
	}
}

func TestGitIgnoresRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, own := range []string{"", "functions/\n"} {
		ignore := filepath.Join(root, ".gitignore")
		expected := "*\n"
		if own != "" {
			expected = own
			if err := os.WriteFile(ignore, []byte(own), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := New(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(ignore); string(got) != expected || err != nil {
			t.Errorf("got %q and error %v, expected %q", got, err, expected)
		}
	}
}
