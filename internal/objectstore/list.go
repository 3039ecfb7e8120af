package objectstore

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/internal/objectstore/keypath"
)

// keys yields the keys of a bucket that begin with a prefix and come after
// another key, in the order of their bytes.
func (f *files) keys(folder, bucket, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		long, err := f.longKeys(folder, bucket)
		if err != nil {
			yield("", err)
			return
		}
		w := &walk{files: f, prefix: prefix, after: after, last: after}
		w.yield = func(key string, err error) bool {
			for err == nil && len(long) > 0 && long[0] < key {
				if !w.offer(long[0], yield) {
					return false
				}
				long = long[1:]
			}
			if err != nil {
				yield("", err)
				return false
			}
			return w.offer(key, yield)
		}
		if !w.folders([]string{folder}, "") {
			return
		}
		for _, key := range long {
			if !w.offer(key, yield) {
				return
			}
		}
	}
}

// walk walks through the folders of a bucket.
type walk struct {
	files               *files
	prefix, after, last string
	yield               func(string, error) bool
}

// offer yields a key, once: it may have a file of the store and one of a user.
func (w *walk) offer(key string, yield func(string, error) bool) bool {
	if !strings.HasPrefix(key, w.prefix) || key <= w.last {
		return true
	}
	w.last = key
	return yield(key, nil)
}

// folders yields the keys in folders that stand for the same part of a key: one of
// the store, and one that a user has made. The keys begin with base.
func (w *walk) folders(paths []string, base string) bool {
	entries, err := w.entries(paths)
	if err != nil {
		return w.yield("", err)
	}
	for len(entries) > 0 {
		same := 1 // entries with the first one's part
		for same < len(entries) && entries[same].Part == entries[0].Part {
			same++
		}
		part, key := entries[0].Part, base+entries[0].Part
		isFolder := strings.HasSuffix(part, "/")
		switch {
		case isFolder && (strings.HasPrefix(key, w.prefix) || strings.HasPrefix(w.prefix, key)) && (key > w.after || strings.HasPrefix(w.after, key)):
			var inside []string
			for _, entry := range entries[:same] {
				if base != "" || entry.Name != keypath.LongFolder {
					inside = append(inside, filepath.Join(entry.Folder, entry.Name))
				}
			}
			if !w.folders(inside, key) {
				return false
			}
		case !isFolder && key > w.after && strings.HasPrefix(key, w.prefix) && (base != "" || same > 1 || entries[0].Name != keypath.LongFolder):
			if !w.yield(key, nil) {
				return false
			}
		}
		entries = entries[same:]
	}
	return true
}

// entries returns the entries of folders, sorted by their parts.
func (w *walk) entries(paths []string) ([]keypath.Entry, error) {
	var all []keypath.Entry
	for _, path := range paths {
		entries, err := w.files.folders.Read(path, w.files.naming)
		if err != nil {
			return nil, err
		}
		if len(paths) == 1 {
			return entries, nil
		}
		all = append(all, entries...)
	}
	slices.SortStableFunc(all, func(a, b keypath.Entry) int { return cmp.Compare(a.Part, b.Part) })
	return all, nil
}

// longKeys returns the keys whose paths would be too long, sorted.
func (f *files) longKeys(folder, bucket string) ([]string, error) {
	path := filepath.Join(folder, keypath.LongFolder)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	entries, err := os.ReadDir(path)
	var keys []string
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(f.records, bucket, entry.Name()))
		var r record
		if err == nil && json.Unmarshal(text, &r) == nil && keypath.Hash(r.Key) == entry.Name() {
			keys = append(keys, r.Key)
		}
	}
	slices.Sort(keys)
	return keys, err
}

// ListBucket lists a page of a bucket.
func (f *files) ListBucket(bucket string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	folder, err := f.bucket(bucket)
	if err != nil {
		return nil, err
	}
	if prefix == nil {
		prefix = &gofakes3.Prefix{}
	}
	list, after := gofakes3.NewObjectList(), page.Marker
	for {
		again, err := f.list(list, folder, bucket, prefix, after, page)
		if err != nil || again == "" {
			return list, err
		}
		after = again
	}
}

// list adds keys to a list. It returns after which key to go on: past those that
// have a prefix in common.
func (f *files) list(list *gofakes3.ObjectList, folder, bucket string, prefix *gofakes3.Prefix, after string, page gofakes3.ListBucketPage) (string, error) {
	for key, err := range f.keys(folder, bucket, prefix.Prefix, after) {
		if err != nil {
			return "", err
		}
		common := ""
		if prefix.HasDelimiter {
			if at := strings.Index(key[len(prefix.Prefix):], prefix.Delimiter); at >= 0 {
				common = key[:len(prefix.Prefix)+at+len(prefix.Delimiter)]
			}
		}
		if common != "" && common == page.Marker { // the last of the page before
			return common + "\xff", nil
		}
		if count := int64(len(list.Contents) + len(list.CommonPrefixes)); page.MaxKeys > 0 && count == page.MaxKeys {
			list.IsTruncated = true
			return "", nil
		}
		if common != "" {
			list.AddPrefix(common)
			list.NextMarker = common
			return common + "\xff", nil // no key has this byte
		}
		content, err := f.content(bucket, key)
		if gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey) { // it was deleted
			continue
		}
		if err != nil {
			return "", err
		}
		list.Add(content)
		list.NextMarker = key
	}
	return "", nil
}

// content describes an object in a list.
func (f *files) content(bucket, key string) (*gofakes3.Content, error) {
	o, err := f.summed(bucket, key)
	if err != nil {
		return nil, err
	}
	return &gofakes3.Content{Key: key, Size: o.info.Size(), ETag: gofakes3.FormatETag(o.md5), StorageClass: gofakes3.StorageStandard,
		LastModified: gofakes3.NewContentTime(o.info.ModTime())}, o.file.Close()
}
