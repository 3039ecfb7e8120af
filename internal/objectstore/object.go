package objectstore

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/mapjob/mapjob/internal/objectstore/incoming"
	"github.com/mapjob/mapjob/internal/objectstore/keypath"
)

// move moves an incoming file to a path, and creates the folder that it goes to if
// need be. If the path is that of an object, its bucket has to be there.
func (f *files) move(file *incoming.File, to, bucket string) error {
	err := file.Move(to)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := f.bucket(bucket); err != nil {
			return err
		}
		if err = os.MkdirAll(filepath.Dir(to), 0o700); err == nil {
			err = file.Move(to)
		}
	}
	return err
}

// place makes a file the content of an object. Its sum may be nil if it is not
// known.
func (f *files) place(bucket, key string, file *incoming.File, meta map[string]string, conditions *gofakes3.PutConditions) (err error) {
	defer func() {
		if err != nil {
			_ = file.Remove() // gofakes3 would not know an error that is joined with others
		}
	}()
	if !isName(bucket) {
		return gofakes3.BucketNotFound(bucket)
	}
	path := f.naming.Path(key)
	r := &record{Key: key, Size: file.Size, MD5: hex.EncodeToString(file.MD5), Header: headers(key, meta)}
	lock := f.lock(bucket, key)
	lock.Lock()
	defer lock.Unlock()
	if conditions != nil {
		if err := f.check(bucket, key, conditions); err != nil {
			return err
		}
	}
	if r.isNeeded(strings.HasPrefix(path, keypath.LongFolder+"/")) {
		at, err := file.ModTime()
		if err != nil {
			return err
		}
		r.ModNs = at.UnixNano()
		if err := f.writeRecord(bucket, r); err != nil {
			return err
		}
	} else if err := f.removeRecord(bucket, key); err != nil {
		return err
	}
	return f.move(file, filepath.Join(f.buckets, bucket, path), bucket)
}

// check checks the conditions of a request. Callers hold the key's lock.
func (f *files) check(bucket, key string, conditions *gofakes3.PutConditions) error {
	o, err := f.find(bucket, key)
	if gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchKey) {
		return gofakes3.CheckPutConditions(conditions, &gofakes3.ConditionalObjectInfo{})
	}
	if err != nil {
		return err
	}
	defer o.file.Close()
	if err := o.sum(); err != nil {
		return err
	}
	return gofakes3.CheckPutConditions(conditions, &gofakes3.ConditionalObjectInfo{Exists: true, Hash: o.md5})
}

func (f *files) PutObject(bucket, key string, meta map[string]string, input io.Reader, size int64, conditions *gofakes3.PutConditions) (gofakes3.PutObjectResult, error) {
	_, err := f.put(bucket, key, meta, input, size, conditions)
	return gofakes3.PutObjectResult{}, err
}

func (f *files) put(bucket, key string, meta map[string]string, input io.Reader, size int64, conditions *gofakes3.PutConditions) ([]byte, error) {
	file, err := f.incoming.Receive(input, size)
	if err != nil {
		return nil, err
	}
	return file.MD5, f.place(bucket, key, file, meta, conditions)
}

// object is an object that was opened.
type object struct {
	file    *os.File
	info    fs.FileInfo
	record  *record // nil if there is none
	content []byte  // of a small object, after sum
	md5     []byte  // after sum
}

// find opens an object. Callers hold the key's lock.
func (f *files) find(bucket, key string) (*object, error) {
	folder, err := f.bucket(bucket)
	if err != nil {
		return nil, err
	}
	file, info, err := openFile(filepath.Join(folder, f.naming.Path(key)))
	if err != nil {
		for path := range f.userFiles(folder, key) {
			if file, info, err = openFile(path); err == nil {
				break
			}
		}
	}
	if err != nil {
		return nil, gofakes3.KeyNotFound(key)
	}
	return &object{file: file, info: info, record: f.readRecord(bucket, key, info)}, nil
}

// openFile opens a regular file. It doesn't open others: a named pipe would block.
func openFile(path string) (*os.File, fs.FileInfo, error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil, nil, cmp.Or(err, fs.ErrNotExist)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// open opens an object.
func (f *files) open(bucket, key string) (*object, error) {
	lock := f.lock(bucket, key)
	lock.RLock()
	defer lock.RUnlock()
	return f.find(bucket, key)
}

// sum sets the checksum, and the content of a small object.
func (o *object) sum() (err error) {
	if o.record != nil && o.record.MD5 != "" {
		o.md5 = decodeMD5(o.record.MD5)
		return nil
	}
	if o.info.Size() > incoming.MaxSmall {
		o.md5, err = checksum(o.file)
		return err
	}
	if o.content, err = io.ReadAll(o.file); err == nil {
		sum := md5.Sum(o.content)
		o.md5 = sum[:]
	}
	return err
}

// summed opens an object and sets its checksum, which it keeps for the next time
// if the object is large.
func (f *files) summed(bucket, key string) (*object, error) {
	o, err := f.open(bucket, key)
	if err != nil {
		return nil, err
	}
	if err := o.sum(); err != nil {
		return nil, errors.Join(err, o.file.Close())
	}
	if o.info.Size() <= incoming.MaxSmall || o.record != nil && o.record.MD5 != "" {
		return o, nil
	}
	r := &record{Key: key, Size: o.info.Size(), ModNs: o.info.ModTime().UnixNano(), MD5: hex.EncodeToString(o.md5)}
	if o.record != nil {
		r.Header = o.record.Header
	}
	lock := f.lock(bucket, key)
	lock.Lock()
	defer lock.Unlock()
	if now, err := f.find(bucket, key); err == nil {
		same := r.about(now.info)
		now.file.Close()
		if same {
			_ = f.writeRecord(bucket, r) // it can be computed again
		}
	}
	return o, nil
}

func (o *object) headers(key string) map[string]string {
	header := map[string]string{"Content-Type": contentType(key), "Last-Modified": o.info.ModTime().UTC().Format(http.TimeFormat)}
	if o.record != nil {
		maps.Copy(header, o.record.Header)
	}
	return header
}

func (f *files) HeadObject(bucket, key string) (*gofakes3.Object, error) {
	o, err := f.summed(bucket, key)
	if err != nil {
		return nil, err
	}
	return &gofakes3.Object{Name: key, Metadata: o.headers(key), Size: o.info.Size(), Hash: o.md5,
		Contents: io.NopCloser(bytes.NewReader(nil))}, o.file.Close()
}

func (f *files) GetObject(bucket, key string, rangeRequest *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	o, err := f.summed(bucket, key)
	if err != nil {
		return nil, err
	}
	r, err := rangeRequest.Range(o.info.Size())
	if err != nil {
		_ = o.file.Close()
		return nil, err
	}
	answer := &gofakes3.Object{Name: key, Metadata: o.headers(key), Size: o.info.Size(), Hash: o.md5, Range: r, Contents: o.file}
	switch {
	case r != nil:
		answer.Contents = opened{io.NewSectionReader(o.file, r.Start, r.Length), o.file}
	case o.content != nil:
		answer.Contents = opened{bytes.NewReader(o.content), o.file}
		sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(o.content))
		answer.Metadata["X-Amz-Checksum-Crc32"] = base64.StdEncoding.EncodeToString(sum) // clients look for one
	}
	return answer, nil
}

// opened reads content of a file that it closes.
type opened struct {
	io.Reader
	io.Closer
}

func (f *files) DeleteObject(bucket, key string) (gofakes3.ObjectDeleteResult, error) {
	folder, err := f.bucket(bucket)
	if err != nil {
		return gofakes3.ObjectDeleteResult{}, err
	}
	lock := f.lock(bucket, key)
	lock.Lock()
	defer lock.Unlock()
	paths := slices.Collect(f.userFiles(folder, key))
	if own := filepath.Join(folder, f.naming.Path(key)); isFile(own) {
		paths = append(paths, own)
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return gofakes3.ObjectDeleteResult{}, err
		}
	}
	return gofakes3.ObjectDeleteResult{}, f.removeRecord(bucket, key)
}

// isFile reports whether a path is that of a file or of a link to one.
func isFile(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && !info.IsDir()
}

// userFiles yields the files of a key that a user has made: those in which a file or
// a folder has the name of its part of the key, or those in a folder of the store.
func (f *files) userFiles(folder, key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		own := filepath.Join(folder, f.naming.Path(key))
		f.eachFile(folder, strings.Split(key, "/"), true, func(path string) bool { return path == own || yield(path) })
	}
}

// eachFile calls do with each file that has the parts of a key, until do returns
// false.
func (f *files) eachFile(folder string, parts []string, isTop bool, do func(path string) bool) bool {
	isFolder := len(parts) > 1
	for _, name := range f.naming.Names(parts[0], isFolder) {
		path := filepath.Join(folder, name)
		info, err := os.Lstat(path)
		switch {
		case err != nil || info.IsDir() != isFolder || isTop && name == keypath.LongFolder:
		case isFolder:
			if !f.eachFile(path, parts[1:], false, do) {
				return false
			}
		case !do(path):
			return false
		}
	}
	return true
}

func (f *files) DeleteMulti(bucket string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	var result gofakes3.MultiDeleteResult
	for _, key := range keys {
		if _, err := f.DeleteObject(bucket, key); err != nil {
			result.Error = append(result.Error, gofakes3.ErrorResultFromError(err))
			continue
		}
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

func (f *files) CopyObject(fromBucket, fromKey, bucket, key string, meta map[string]string) (gofakes3.CopyObjectResult, error) {
	o, err := f.open(fromBucket, fromKey)
	if err != nil {
		return gofakes3.CopyObjectResult{}, err
	}
	defer o.file.Close()
	sum, err := f.put(bucket, key, meta, o.file, o.info.Size(), nil)
	return gofakes3.CopyObjectResult{ETag: gofakes3.FormatETag(sum), LastModified: gofakes3.NewContentTime(time.Now())}, err
}
