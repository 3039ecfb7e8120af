// Package runs manages the folders of runs on this machine, and records how the parts
// of each were started.
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
	"time"

	"github.com/mapjob/mapjob/internal/filelock"
	"github.com/mapjob/mapjob/internal/spread"
	"github.com/mapjob/mapjob/internal/typed"
)

const (
	root     = ".mapjob"
	folders  = root + "/runs"
	lockFile = "process.pid" // locked by the process that uses a run's folder, whose ID it has
)

// Last is the name of a link to the folder of the last run that began.
const Last = "last"

// runName is the name of a run's folder.
var runName = regexp.MustCompile(`^\d{8}-\d{6}-[0-9a-f]{4}$`)

// Folder is the folder of a run, which this process uses.
type Folder struct {
	Path string

	lock *os.File
}

// New makes the folder of a run for this process. The names of folders sort by time.
// Other users can't read them, because items are in them, and git ignores them.
func New() (*Folder, error) {
	if err := os.MkdirAll(folders, 0o700); err != nil {
		return nil, err
	}
	if err := errors.Join(os.Chmod(root, 0o700), os.Chmod(folders, 0o700), ignoreRuns()); err != nil {
		return nil, err
	}
	spread.Folders(folders)
	for {
		folder := filepath.Join(folders, fmt.Sprintf("%s-%04x", time.Now().UTC().Format("20060102-150405"), rand.N(1<<16)))
		err := os.Mkdir(folder, 0o700)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		// Another run that begins now may have found the folder unused, and remove it.
		locked, err := lock(folder)
		switch {
		case err == nil:
			return locked, nil
		case !errors.Is(err, os.ErrNotExist) && !errors.Is(err, filelock.ErrLocked):
			return nil, errors.Join(err, os.RemoveAll(folder))
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
	if err = errors.Join(err, ignore.Close()); err != nil { // an empty one would stay
		err = errors.Join(err, os.Remove(ignore.Name()))
	}
	return err
}

// lock claims a folder for this process, until it ends. The error is
// [filelock.ErrLocked] if another one uses the folder, and [os.ErrNotExist] if it was
// removed meanwhile.
func lock(folder string) (*Folder, error) {
	file, err := os.OpenFile(filepath.Join(folder, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = filelock.Lock(file)
	if err == nil {
		err = inPlace(file)
	}
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = file.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0) // for users who look for the process
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Folder{folder, file}, nil
}

// inPlace returns an error if an open file was removed.
func inPlace(file *os.File) error {
	open, err := file.Stat()
	if err != nil {
		return err
	}
	named, err := os.Stat(file.Name())
	if err == nil && !os.SameFile(open, named) {
		err = &os.PathError{Op: "lock", Path: file.Name(), Err: os.ErrNotExist}
	}
	return err
}

// InUseError is returned for a run that another process uses.
type InUseError struct{ Run string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("run %s: another process uses it: stop that with Ctrl-C, or choose another run", e.Run)
}

// Claim returns the folder of an earlier run, by its ID or [Last], for this process
// alone. The error is an [InUseError] if another process uses it.
func Claim(id string) (*Folder, error) {
	folder, err := Find(id)
	if err != nil {
		return nil, err
	}
	locked, err := lock(folder)
	switch {
	case errors.Is(err, filelock.ErrLocked):
		return nil, &InUseError{filepath.Base(folder)}
	case err != nil:
		return nil, fmt.Errorf("run %s: %w", filepath.Base(folder), err)
	}
	return locked, nil
}

// Release lets other processes use the folder.
func (f *Folder) Release() { _ = f.lock.Close() }

// removed begins the names of folders that are being removed.
const removed = "removed-"

// Remove removes the folder, and releases it. It is renamed first, so that no other
// process finds a part of it.
func (f *Folder) Remove() error {
	gone := filepath.Join(filepath.Dir(f.Path), removed+filepath.Base(f.Path))
	err := os.Rename(f.Path, gone)
	f.Release()
	if err != nil { // not every system renames a folder with an open file
		err = os.Rename(f.Path, gone)
	}
	for range 5 { // others that found it before may put lock files into it
		if failed := os.RemoveAll(gone); failed == nil {
			return err
		}
	}
	return errors.Join(err, os.RemoveAll(gone))
}

// Find returns the folder of a run, by its ID or [Last].
func Find(id string) (string, error) {
	name := id
	if id == Last {
		link, err := os.Readlink(filepath.Join(folders, Last))
		if err != nil {
			return "", fmt.Errorf("got no last run: start one with %s", typed.Command("run"))
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
	var errs []error
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), removed) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > time.Hour { // its process was killed
			errs = append(errs, os.RemoveAll(filepath.Join(runs, e.Name())))
		}
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool { return !e.IsDir() || !runName.MatchString(e.Name()) })
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(b.Name(), a.Name()) })
	kept, _ := os.Readlink(filepath.Join(runs, Last))
	for _, e := range entries[min(keep, len(entries)):] {
		folder := filepath.Join(runs, e.Name())
		if e.Name() == kept || inUse(folder) {
			continue
		}
		locked, err := lock(folder)
		switch {
		case err == nil:
			errs = append(errs, locked.Remove())
		case !errors.Is(err, filelock.ErrLocked) && !errors.Is(err, os.ErrNotExist): // another run has removed it
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// inUse reports whether a process uses the folder of a run.
func inUse(folder string) bool { return filelock.Locked(filepath.Join(folder, lockFile)) }
