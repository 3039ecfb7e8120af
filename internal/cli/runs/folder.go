// Package runs knows the folders of runs on this machine, and what began them.
package runs

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	root    = ".mapjob"
	folders = root + "/runs"
	pidFile = "process.pid" // of the process that uses a run's folder
)

// Last is the name of a link to the folder of the last run that began.
const Last = "last"

// runName is the name of a run's folder.
var runName = regexp.MustCompile(`^\d{8}-\d{6}-[0-9a-f]{4}$`)

// New makes the folder of a run. Their names sort by time. It is closed to
// other users, because items are in it, and so are those that an earlier version
// of the command made. Git ignores all of them.
func New() (string, error) {
	runs := folders
	if err := errors.Join(os.MkdirAll(runs, 0o700), os.Chmod(root, 0o700), os.Chmod(runs, 0o700), ignoreRuns()); err != nil {
		return "", err
	}
	// Another run that begins now must find the process in the folder as soon as it
	// finds the folder.
	made, err := os.MkdirTemp(runs, "new-")
	if err != nil {
		return "", err
	}
	if err := claim(made); err != nil {
		return "", err
	}
	for {
		folder := filepath.Join(runs, fmt.Sprintf("%s-%04x", time.Now().UTC().Format("20060102-150405"), rand.N(1<<16)))
		if err := os.Rename(made, folder); !errors.Is(err, os.ErrExist) {
			return folder, err
		}
	}
}

// ignoreRuns lets git ignore everything in .mapjob, unless there is a .gitignore.
func ignoreRuns() error {
	ignore, err := os.OpenFile(filepath.Join(root, ".gitignore"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = ignore.WriteString("*\n")
	return errors.Join(err, ignore.Close())
}

// claim marks the folder of a run as one that this process uses.
func claim(folder string) error {
	return os.WriteFile(filepath.Join(folder, pidFile), []byte(strconv.Itoa(os.Getpid())), 0o600)
}

// Claim returns the folder of a run, by its ID or [Last], for this process to use. It
// is refused while another process uses it.
func Claim(id string) (string, error) {
	folder, err := Find(id)
	if err != nil {
		return "", err
	}
	if inUse(folder) {
		return "", fmt.Errorf("run %s: another process uses it: stop that with Ctrl-C, or choose another run", filepath.Base(folder))
	}
	return folder, claim(folder)
}

// Find returns the folder of a run, by its ID or [Last].
func Find(id string) (string, error) {
	name := id
	if id == Last {
		link, err := os.Readlink(filepath.Join(folders, Last))
		if err != nil {
			return "", errors.New("got no last run: start one with mapjob run")
		}
		name = link
	}
	folder := filepath.Join(folders, name)
	if info, err := os.Stat(folder); !runName.MatchString(name) || err != nil || !info.IsDir() {
		return "", fmt.Errorf("got run %q, expected last or the ID of a folder in %s", id, folders)
	}
	return folder, nil
}

// All returns the folders of all runs, the last one first.
func All() ([]string, error) {
	entries, err := os.ReadDir(folders)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var all []string
	for _, e := range slices.Backward(entries) { // which are sorted by name
		if e.IsDir() && runName.MatchString(e.Name()) {
			all = append(all, filepath.Join(folders, e.Name()))
		}
	}
	return all, nil
}

// Release marks the folder of a run as one that no process uses.
func Release(folder string) { _ = os.Remove(filepath.Join(folder, pidFile)) }

// linkLast makes "last" a link to the folder of a run.
func linkLast(folder string) {
	// Not every system has links, and nothing depends on it. A link that is renamed
	// takes the place of the one before, also if two runs begin at once.
	runs := filepath.Dir(folder)
	next := filepath.Join(runs, Last+"-"+filepath.Base(folder))
	if os.Symlink(filepath.Base(folder), next) == nil {
		_ = os.Rename(next, filepath.Join(runs, Last))
	}
}

// prune removes the oldest runs that no process uses, until keep of them are left.
// Anything else in the folder stays.
func prune(runs string, keep int) error {
	entries, err := os.ReadDir(runs)
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !e.IsDir() || !runName.MatchString(e.Name()) })
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(b.Name(), a.Name()) })
	kept, _ := os.Readlink(filepath.Join(runs, Last))
	var errs []error
	for _, e := range entries[min(keep, len(entries)):] {
		if folder := filepath.Join(runs, e.Name()); e.Name() != kept && !inUse(folder) {
			errs = append(errs, os.RemoveAll(folder))
		}
	}
	return errors.Join(errs...)
}

// inUse reports whether a process that is alive uses the folder of a run.
func inUse(folder string) bool {
	text, err := os.ReadFile(filepath.Join(folder, pidFile))
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return false
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = process.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}
