package definition

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/engine"
)

// objectFolder is an object store whose objects are the files BUCKET/KEY of a
// folder. No key leads out of the folder.
type objectFolder struct{ root *os.Root }

func openObjectFolder(folder string) (*objectFolder, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	return &objectFolder{root}, nil
}

// bucket returns an error if a bucket does not exist.
func (o *objectFolder) bucket(name string) error {
	info, err := o.root.Stat(name)
	if err != nil || !info.IsDir() || strings.Contains(name, "/") {
		return fmt.Errorf("s3://%s: %w", name, engine.ErrNoBucket)
	}
	return nil
}

func (o *objectFolder) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	if err := o.bucket(bucket); err != nil {
		return nil, err
	}
	file, err := o.root.Open(path.Join(bucket, key))
	if err == nil {
		var info fs.FileInfo
		if info, err = file.Stat(); err == nil && info.Mode().IsRegular() {
			return file, nil
		}
		file.Close()
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("s3://%s/%s: %w", bucket, key, engine.ErrNoObject)
	}
	return nil, err
}

func (o *objectFolder) List(_ context.Context, bucket, prefix string) iter.Seq2[engine.ObjectInfo, error] {
	return func(yield func(engine.ObjectInfo, error) bool) {
		if err := o.bucket(bucket); err != nil {
			yield(engine.ObjectInfo{}, err)
			return
		}
		var keys []string
		err := fs.WalkDir(o.root.FS(), bucket, func(name string, entry fs.DirEntry, err error) error {
			if key := strings.TrimPrefix(name, bucket+"/"); err == nil && entry.Type().IsRegular() && strings.HasPrefix(key, prefix) {
				keys = append(keys, key)
			}
			return err
		})
		if err != nil {
			yield(engine.ObjectInfo{}, err)
			return
		}
		slices.Sort(keys) // not the order of a walk: "a-b" comes before "a/b"
		for _, key := range keys {
			info, err := o.info(bucket, key)
			if !yield(info, err) || err != nil {
				return
			}
		}
	}
}

// info describes an object. Its ETag is that of one uploaded in one part: the
// MD5 of the content, in quotes.
func (o *objectFolder) info(bucket, key string) (engine.ObjectInfo, error) {
	file, err := o.root.Open(path.Join(bucket, key))
	if err != nil {
		return engine.ObjectInfo{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return engine.ObjectInfo{}, err
	}
	sum := md5.New()
	if _, err := io.Copy(sum, file); err != nil {
		return engine.ObjectInfo{}, err
	}
	return engine.ObjectInfo{Key: key, Size: info.Size(), LastModified: info.ModTime(), StorageClass: "STANDARD",
		ETag: `"` + hex.EncodeToString(sum.Sum(nil)) + `"`}, nil
}

// Create writes to a file outside the buckets first, so that the object is never
// there in part.
func (o *objectFolder) Create(_ context.Context, bucket, key string) (io.WriteCloser, error) {
	if err := o.bucket(bucket); err != nil {
		return nil, err
	}
	name := path.Join(bucket, key)
	if err := o.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return nil, err
	}
	part := ".part-" + rand.Text()
	file, err := o.root.Create(part)
	if err != nil {
		return nil, err
	}
	return &partialObject{file, o.root, part, name}, nil
}

// partialObject is an object that is being written.
type partialObject struct {
	*os.File
	root       *os.Root
	part, name string
}

func (p *partialObject) Close() error {
	err := p.File.Close()
	if err == nil {
		err = p.root.Rename(p.part, p.name)
	}
	if err != nil {
		err = errors.Join(err, p.root.Remove(p.part))
	}
	return err
}

// Abort gives the object up.
func (p *partialObject) Abort() error {
	return errors.Join(p.File.Close(), p.root.Remove(p.part))
}
