package objectstore

import (
	"errors"
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/internal/objectstore/incoming"
	"github.com/mapjob/mapjob/internal/objectstore/keypath"
)

// files is a [gofakes3.Backend] that keeps objects in files, which outlive the
// process. It keeps only the list of unfinished uploads in memory.
type files struct {
	naming   keypath.Naming
	buckets  string // folder of the buckets
	records  string // folder of the records of each bucket
	incoming *incoming.Folder
	recorded keypath.Filter

	// An object and its record change together: each key has one of these locks.
	locks [64]sync.RWMutex
	seed  maphash.Seed

	uploads uploads
	folders keypath.Folders
	found   sync.Map // when each bucket was last seen, by its name
}

func newFiles(folder string) (*files, error) {
	f := &files{
		buckets: filepath.Join(folder, "buckets"),
		records: filepath.Join(folder, "records"),
		seed:    maphash.MakeSeed(),
	}
	uploads := filepath.Join(folder, "uploads")
	var err error
	f.incoming, err = incoming.New(uploads)
	for _, folder := range []string{f.buckets, f.records} {
		err = errors.Join(err, os.MkdirAll(folder, 0o700))
	}
	if err == nil {
		f.naming, err = keypath.NamingIn(uploads)
	}
	if err == nil {
		err = f.findRecords()
	}
	return f, err
}

// lock returns the lock of a key.
func (f *files) lock(bucket, key string) *sync.RWMutex {
	var h maphash.Hash
	h.SetSeed(f.seed)
	h.WriteString(bucket)
	h.WriteByte('/')
	h.WriteString(key)
	return &f.locks[h.Sum64()%uint64(len(f.locks))]
}

// isName reports whether a bucket's name is that of one folder.
func isName(bucket string) bool {
	return bucket != "" && bucket != "." && bucket != ".." && len(bucket) <= keypath.MaxName && !strings.ContainsAny(bucket, "/\\\x00")
}

// bucket returns the folder of a bucket.
func (f *files) bucket(name string) (string, error) {
	if isName(name) {
		folder := filepath.Join(f.buckets, name)
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			return folder, nil
		}
	}
	return "", gofakes3.BucketNotFound(name)
}

// lookAgain is after how long it is looked again whether a bucket is there, whose folder
// a user may have deleted. gofakes3 asks before each request, and an object can't be
// written to a bucket that is gone.
const lookAgain = 50 * time.Millisecond

func (f *files) BucketExists(name string) (bool, error) {
	last, _ := f.found.Load(name)
	if at, ok := last.(time.Time); ok && time.Since(at) < lookAgain {
		return true, nil
	}
	_, err := f.bucket(name)
	if err == nil {
		f.found.Store(name, time.Now())
	}
	return err == nil, nil
}

func (f *files) ListBuckets() ([]gofakes3.BucketInfo, error) {
	entries, err := os.ReadDir(f.buckets)
	var list []gofakes3.BucketInfo
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && entry.IsDir() {
			list = append(list, gofakes3.BucketInfo{Name: entry.Name(), CreationDate: gofakes3.NewContentTime(info.ModTime())})
		}
	}
	return list, err
}

func (f *files) CreateBucket(name string) error {
	if !isName(name) {
		return gofakes3.ResourceError(gofakes3.ErrInvalidBucketName, name)
	}
	err := os.Mkdir(filepath.Join(f.buckets, name), 0o700)
	if errors.Is(err, fs.ErrExist) {
		return gofakes3.ResourceError(gofakes3.ErrBucketAlreadyExists, name)
	}
	return err
}

// DeleteBucket deletes a bucket without objects. Folders without files are no
// objects.
func (f *files) DeleteBucket(name string) error {
	folder, err := f.bucket(name)
	if err != nil {
		return err
	}
	for _, err := range f.keys(folder, name, "", "") {
		if err != nil {
			return err
		}
		return gofakes3.ResourceError(gofakes3.ErrBucketNotEmpty, name)
	}
	return f.ForceDeleteBucket(name)
}

func (f *files) ForceDeleteBucket(name string) error {
	folder, err := f.bucket(name)
	if err != nil {
		return err
	}
	defer f.found.Delete(name)
	return errors.Join(os.RemoveAll(folder), os.RemoveAll(filepath.Join(f.records, name)))
}
