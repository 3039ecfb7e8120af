// Package incoming writes files that become objects when they are whole: they are
// written to a folder of their own, and renamed.
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

	"github.com/johannesboyne/gofakes3"
)

// MaxSmall is the size of the largest content that is written at once.
const MaxSmall = 1 << 20

// Folder is a folder of such files. It is safe for concurrent use.
type Folder struct {
	path    string
	written atomic.Int64
	buffers sync.Pool // for small contents
}

// File is a file that is written.
type File struct {
	Path string
	Size int64
	MD5  []byte // nil if it is not known
}

// New returns a folder without files: those of a process that was killed are
// removed.
func New(path string) (*Folder, error) {
	return &Folder{path: path}, errors.Join(os.RemoveAll(path), os.MkdirAll(path, 0o700))
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

// Write writes content to a new file, and returns its path.
func (f *Folder) Write(content []byte) (string, error) {
	path := f.next()
	return path, f.inFolder(func() error { return writeFile(path, content) })
}

// Receive writes content of a known size to a new file. If the content has its MD5
// when it was read, as that of gofakes3 has, it is not computed again.
func (f *Folder) Receive(content io.Reader, size int64) (File, error) {
	if size > MaxSmall {
		return f.receiveLarge(content, size)
	}
	buffer, ok := f.buffers.Get().(*bytes.Buffer)
	if !ok {
		buffer = &bytes.Buffer{}
	}
	defer f.buffers.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(content); err != nil {
		return File{}, err
	}
	if int64(buffer.Len()) != size {
		return File{}, gofakes3.ErrIncompleteBody
	}
	var sum []byte
	if read, ok := content.(summer); ok {
		sum = read.Sum(nil)
	} else {
		computed := md5.Sum(buffer.Bytes())
		sum = computed[:]
	}
	path, err := f.Write(buffer.Bytes())
	return File{path, size, sum}, err
}

// summer has the MD5 of what was read so far.
type summer interface{ Sum([]byte) []byte }

func (f *Folder) receiveLarge(content io.Reader, size int64) (File, error) {
	file, err := f.Create()
	if err != nil {
		return File{}, err
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
		return File{}, err
	}
	return File{file.Name(), size, sum.Sum(nil)}, nil
}
