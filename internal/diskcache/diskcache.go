// Package diskcache keeps folders that can be made again. They are only ever made and
// removed as a whole, so that several processes can use a cache at once.
package diskcache

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Cache is a folder of entries, which are folders.
type Cache struct {
	Folder string
	Most   int // entries that are kept
}

// unfinished is what the names of entries begin with that are being made or removed.
const unfinished = "unfinished-"

// New returns a new folder to make an entry in, which Keep keeps. The caller removes
// it if it is not kept.
func (c Cache) New() (string, error) {
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return "", err
	}
	return os.MkdirTemp(c.Folder, unfinished)
}

// Keep makes a folder of New the entry with a name, in place of an earlier one, and
// removes the entries that were not used for longest.
func (c Cache) Keep(folder, name string) error {
	path := filepath.Join(c.Folder, name)
	c.remove(path)
	if err := os.Rename(folder, path); err != nil && !exists(path) { // another process was as fast
		return err
	}
	c.prune()
	return nil
}

// Entries lists the paths of entries, the last used first.
func (c Cache) Entries() []string {
	found, _ := os.ReadDir(c.Folder)
	used := map[string]time.Time{}
	var entries []string
	for _, e := range found {
		path := filepath.Join(c.Folder, e.Name())
		if info, err := e.Info(); err == nil && !strings.HasPrefix(e.Name(), unfinished) {
			used[path] = info.ModTime()
			entries = append(entries, path)
		}
	}
	slices.SortFunc(entries, func(a, b string) int { return used[b].Compare(used[a]) })
	return entries
}

// Copy copies a folder of an entry to a new folder, and notes that the entry was used:
// it is removed later than others. It reports false, and leaves no folder, if it can't
// copy all of it: another process may have removed the entry.
func (c Cache) Copy(entry, folder, to string) bool {
	if CopyFolder(to, filepath.Join(entry, folder)) != nil {
		_ = os.RemoveAll(to)
		return false
	}
	now := time.Now()
	_ = os.Chtimes(entry, now, now)
	return true
}

// CopyFolder copies a folder to a new one, to which other users have no access.
func CopyFolder(to, from string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	return filepath.WalkDir(to, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return os.Chmod(path, info.Mode().Perm()&0o700)
	})
}

// prune removes the entries that were not used for longest, and what processes
// that were killed have left behind.
func (c Cache) prune() {
	for i, entry := range c.Entries() {
		if i >= c.Most {
			c.remove(entry)
		}
	}
	left, _ := filepath.Glob(filepath.Join(c.Folder, unfinished+"*"))
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(path)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// remove removes an entry, so that no other process sees half of it.
func (c Cache) remove(entry string) {
	gone, err := os.MkdirTemp(c.Folder, unfinished)
	if err != nil {
		return
	}
	_ = os.Rename(entry, filepath.Join(gone, "entry")) // it may be gone already
	_ = os.RemoveAll(gone)
}
