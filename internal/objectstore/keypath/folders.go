package keypath

import (
	"cmp"
	"os"
	"slices"
	"sync"
	"time"
)

// Entry is a file or folder, and the part of a key that it stands for. That of
// a folder ends with a slash, so that entries sort as their keys do.
type Entry struct{ Folder, Name, Part string }

// Folders reads folders. It remembers the one that it read last, if it is large,
// because each page of a list reads it. It is safe for concurrent use.
type Folders struct {
	mutex    sync.Mutex
	path     string
	modified time.Time
	entries  []Entry
}

const (
	largeFolder = 2000
	// settled is how long a folder has to stay as it is until two changes can't
	// have the same time, which some file systems count in ticks of the clock.
	settled = 100 * time.Millisecond
)

// Read returns the entries of a folder, sorted by their parts. The caller must not
// change them.
func (c *Folders) Read(path string, n Naming) ([]Entry, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	c.mutex.Lock()
	if c.path == path && c.modified.Equal(info.ModTime()) {
		defer c.mutex.Unlock()
		return c.entries, nil
	}
	c.mutex.Unlock()
	began := time.Now()
	folder, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	list, err := folder.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(list))
	for _, entry := range list {
		part := n.Part(entry.Name(), entry.IsDir())
		if entry.IsDir() {
			part += "/"
		}
		entries = append(entries, Entry{path, entry.Name(), part})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Part, b.Part) })
	if len(entries) >= largeFolder && began.Sub(info.ModTime()) > settled {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.path, c.modified, c.entries = path, info.ModTime(), entries
	}
	return entries, nil
}
