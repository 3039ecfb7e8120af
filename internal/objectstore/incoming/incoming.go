// Package incoming writes files that become objects when they are whole: they have
// no name, or one in a folder of their own, until then.
package incoming

import (
	"bytes"
	"crypto/md5"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// MaxSmall is the size of the largest content that is written at once.
const MaxSmall = 1 << 20

// Folder is a folder of such files. It is safe for concurrent use.
type Folder struct {
	path    string
	written atomic.Int64
	named   atomic.Bool // the system has no files without a name
	buffers sync.Pool   // for small contents
}

// File is the content of an object to be. It ends with Move or Remove.
type File struct {
	Size int64
	MD5  []byte // nil if it is not known

	folder  *Folder
	content *bytes.Buffer // until it is in a file
	path    string        // "" until then
}

// Written returns a File that has been written.
func Written(path string, size int64) *File { return &File{Size: size, path: path} }

// Path returns the path of the file, which is written now if it was not before.
func (f *File) Path() (string, error) {
	if f.path != "" {
		return f.path, nil
	}
	path := f.folder.next()
	if err := f.folder.inFolder(func() error { return writeFile(path, f.content.Bytes()) }); err != nil {
		return "", err
	}
	f.path = path
	f.release()
	return path, nil
}

// ModTime returns when the file was written, which is now if it was not before.
func (f *File) ModTime() (time.Time, error) {
	path, err := f.Path()
	if err != nil {
		return time.Time{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// Move makes the file the one at a path, in place of another one that may be there.
// After an error the file is as before.
func (f *File) Move(to string) error {
	if f.path == "" && f.folder.create(to, f.content.Bytes()) {
		f.release()
		return nil
	}
	from, err := f.Path()
	if err != nil {
		return err
	}
	return rename(from, to)
}

// Remove gives the file up.
func (f *File) Remove() error {
	if f.path != "" {
		return os.Remove(f.path)
	}
	f.release()
	return nil
}

func (f *File) release() {
	f.folder.buffers.Put(f.content)
	f.content = nil
}

// New returns a folder without files: those of a process that was killed are
// removed.
func New(path string) (*Folder, error) {
	return &Folder{path: path, buffers: sync.Pool{New: func() any { return &bytes.Buffer{} }}}, errors.Join(os.RemoveAll(path), os.MkdirAll(path, 0o700))
}

func (f *Folder) next() string {
	return filepath.Join(f.path, strconv.FormatInt(f.written.Add(1), 10))
}

// inFolder calls write, and again with the folder if a user has deleted it.
func (f *Folder) inFolder(write func() error) error {
	err := write()
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(f.path, 0o700); err == nil {
			err = write()
		}
	}
	return err
}

// Create creates a file.
func (f *Folder) Create() (file *os.File, err error) {
	path := f.next()
	err = f.inFolder(func() error {
		file, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
		return err
	})
	return file, err
}

// Receive returns a File with content of a known size. If the content has its MD5
// when it was read, as that of gofakes3 has, it is not computed again.
func (f *Folder) Receive(content io.Reader, size int64) (*File, error) {
	if size > MaxSmall {
		return f.receiveLarge(content, size)
	}
	buffer, _ := f.buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	received := &File{Size: size, folder: f, content: buffer}
	_, err := buffer.ReadFrom(content)
	if err == nil && int64(buffer.Len()) != size {
		err = gofakes3.ErrIncompleteBody
	}
	if err != nil {
		received.release()
		return nil, err
	}
	if read, ok := content.(summer); ok {
		received.MD5 = read.Sum(nil)
	} else {
		sum := md5.Sum(buffer.Bytes())
		received.MD5 = sum[:]
	}
	return received, nil
}

// summer has the MD5 of what was read so far.
type summer interface{ Sum([]byte) []byte }

func (f *Folder) receiveLarge(content io.Reader, size int64) (*File, error) {
	file, err := f.Create()
	if err != nil {
		return nil, err
	}
	sum, ok := content.(summer)
	if !ok {
		hash := md5.New()
		content, sum = io.TeeReader(content, hash), hash
	}
	written, err := io.Copy(file, content)
	if err == nil && written != size {
		err = gofakes3.ErrIncompleteBody
	}
	if closed := file.Close(); err == nil { // gofakes3 does not know joined errors
		err = closed
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return nil, err
	}
	return &File{Size: size, MD5: sum.Sum(nil), path: file.Name()}, nil
}
