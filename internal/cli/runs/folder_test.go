package runs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// makeRun makes the folder of a run that no process uses.
func makeRun(t *testing.T, name string) string {
	t.Helper()
	folder := filepath.Join(folders, name)
	if err := os.MkdirAll(filepath.Join(folder, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

// makeUsed makes the folder of a run that is used until the test ends.
func makeUsed(t *testing.T, name string) *Folder {
	t.Helper()
	folder, err := lock(makeRun(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(folder.Release)
	return folder
}

// noteProcess writes the ID of a process to the folder of a run, as one does that
// uses it.
func noteProcess(t *testing.T, folder string, pid int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, lockFile), []byte(strconv.Itoa(pid)), 0o600); err != nil {
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

func TestOldRunsAreRemoved(t *testing.T) {
	const own = "20261101-000009-0000"
	for name, c := range map[string]struct {
		keep     int
		make     func(t *testing.T)
		expected []string
	}{
		"the oldest go": {2, func(t *testing.T) {
			makeRun(t, "20261101-000001-0000")
			makeRun(t, "20261101-000003-0000")
			makeRun(t, "20261101-000002-0000")
			left := makeRun(t, removed+"20261001-000001-0000") // by a process that was killed
			if err := os.Chtimes(left, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}, []string{"20261101-000003-0000", own, Last}},
		"none if there are not too many": {3, func(t *testing.T) {
			makeRun(t, "20261101-000001-0000")
			makeRun(t, "20261101-000002-0000")
		}, []string{"20261101-000001-0000", "20261101-000002-0000", own, Last}},
		"one that goes on stays, and one that crashed does not": {1, func(t *testing.T) {
			makeUsed(t, "20261101-000001-0000")
			noteProcess(t, makeRun(t, "20261101-000002-0000"), os.Getppid()) // as if its ID was given again
		}, []string{"20261101-000001-0000", own, Last}},
		"what is no run stays": {1, func(t *testing.T) {
			for _, name := range []string{"mine", "20261101", "20261101-000001-000", "20261101-000001-0000.bak", "20261101-000001-000g"} {
				makeRun(t, name)
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
			makeUsed(t, own)
			c.make(t)
			var b Beginning
			before := inRuns(t)
			if err := b.Prune(c.keep); err != nil || !slices.Equal(inRuns(t), before) {
				t.Fatalf("got %q and error %v, expected %q: the run has not begun", inRuns(t), err, before)
			}
			b.Begin(filepath.Join(root, "runs", own))
			if err := b.Prune(c.keep); err != nil {
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
	makeRun(t, "20261101-000001-0000")
	makeRun(t, "20261101-000002-0000")
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
		makeRun(t, fmt.Sprintf("20201101-0000%02d-0000", i))
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
			t.Cleanup(folder.Release)
			var b Beginning
			b.Begin(folder.Path)
			if err := b.Prune(1); err != nil {
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
		folder, err := New()
		if err != nil {
			t.Fatal(err)
		}
		folder.Release()
		if got, err := os.ReadFile(ignore); string(got) != expected || err != nil {
			t.Errorf("got %q and error %v, expected %q", got, err, expected)
		}
	}
}

func TestARunIsNotClaimedTwiceAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	for i := range 4 {
		name := fmt.Sprintf("20261101-0000%02d-0000", i)
		makeRun(t, name)
		var group sync.WaitGroup
		var claimed, refused atomic.Int32
		for range 4 {
			group.Go(func() {
				folder, err := Claim(name)
				switch {
				case err == nil:
					claimed.Add(1)
					t.Cleanup(folder.Release)
				case strings.Contains(err.Error(), "another process uses it"):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if claimed.Load() != 1 || refused.Load() != 3 {
			t.Fatalf("got run %s claimed %d times and refused %d times, expected 1 and 3", name, claimed.Load(), refused.Load())
		}
	}
}

// The ID of a process that was killed may be given to another program.
func TestARunOfAProcessThatWasKilledIsFree(t *testing.T) {
	t.Chdir(t.TempDir())
	folder := makeRun(t, "20261101-000001-0000")
	noteProcess(t, folder, os.Getppid())
	if err := WriteEndpoints(folder, map[string]string{"AWS_ENDPOINT_URL_SFN": "http://127.0.0.1:1"}); err != nil {
		t.Fatal(err)
	}
	if got := Endpoints(folder); got != nil {
		t.Errorf("got endpoints %v of a process that has ended, expected none", got)
	}
	claimed, err := Claim("20261101-000001-0000")
	if err != nil {
		t.Fatal(err)
	}
	claimed.Release()
}

func TestARunThatIsRemovedIsNotClaimed(t *testing.T) {
	t.Chdir(t.TempDir())
	used := makeUsed(t, "20261101-000001-0000")
	done := make(chan error)
	go func() { // it has found the folder, and waits for its lock
		_, err := lock(used.Path)
		done <- err
	}()
	time.Sleep(50 * time.Millisecond)
	if err := used.Remove(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, expected that the folder does not exist", err)
	}
	if got := inRuns(t); len(got) != 0 {
		t.Errorf("got %q, expected nothing left", got)
	}
}
