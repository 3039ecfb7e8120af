// Package inputs describes the files that something is made from, and notices when
// they change.
package inputs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/mapjob/mapjob/internal/reads"
)

// Input is a file or a folder that something is made from.
type Input struct {
	Access string // how it is read: as in [reads.Line], or another one of this package
	Path   string // absolute
	State  string `json:",omitempty"` // what it was, as of [Input.Now]
}

// How inputs are read, beside what [reads.Line] has.
const (
	// Compiled reads the Go files of a folder, without tests.
	Compiled = "go files"
	// Project reads what people edit in a folder: all but what tools keep there.
	Project = "project"
)

// Now returns what an input is now, by the content of files.
func (in Input) Now() (string, error) { return in.now(sumFile) }

// glance returns what an input is now, by sizes and times: that of each file, if it
// is a folder whose files are read, by path.
func (in Input) glance() map[string]string {
	files := map[string]string{}
	is, err := in.now(func(path string, info fs.FileInfo) (string, error) {
		files[path] = stat(info)
		return "", nil
	})
	if len(files) == 0 {
		files[in.Path] = fmt.Sprint(is, err)
	}
	return files
}

func stat(info fs.FileInfo) string {
	return fmt.Sprint(info.Mode(), info.Size(), info.ModTime().UnixNano())
}

// sum describes a file.
type sum func(path string, info fs.FileInfo) (string, error)

func (in Input) now(file sum) (string, error) {
	info, err := os.Stat(in.Path)
	prefix := ""
	if target, failed := os.Readlink(in.Path); failed == nil {
		prefix = "link to " + target + ", "
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return prefix + "nothing", nil
	}
	if err != nil {
		return "", err
	}
	var is string
	switch {
	case in.Access == Compiled:
		is, err = file.goFiles(in.Path)
	case in.Access == Project:
		is, err = file.tree(in.Path, kept)
	case info.IsDir() && in.Access == reads.Looked:
		is = "folder"
	case info.IsDir() && in.Access == reads.Whole:
		is, err = file.tree(in.Path, nil)
	case info.IsDir():
		is, err = names(in.Path)
	case !info.Mode().IsRegular():
		is = info.Mode().Type().String()
	case in.Access == reads.Looked:
		is = stat(info)
	default:
		is, err = file(in.Path, info)
	}
	if errors.Is(err, fs.ErrNotExist) { // it was removed meanwhile
		is, err = "nothing", nil
	}
	return prefix + is, err
}

// kept are the names of folders in which tools keep what nobody edits.
var kept = []string{".git", ".mapjob", "cdk.out", "node_modules"}

// sumFile returns the sum of a file's content.
func sumFile(path string, info fs.FileInfo) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%v %x", info.Mode(), sum.Sum(nil)), nil
}

// names returns the sum of a folder's entries, without their content.
func names(path string) (string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, e := range entries {
		fmt.Fprintf(sum, "%q %v\n", e.Name(), e.Type())
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// goFiles returns the sum of the Go files of a folder, without tests.
func (file sum) goFiles(path string) (string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, e := range entries {
		if !isSource(e.Name()) {
			continue
		}
		is, err := Input{Access: reads.Opened, Path: filepath.Join(path, e.Name())}.now(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%q %s\n", e.Name(), is)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// isSource reports whether a file is compiled into a program.
func isSource(name string) bool {
	return filepath.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go")
}

// tree returns the sum of all that is in a folder, without some folders.
func (file sum) tree(path string, without []string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && at != path { // removed while the folder is read
			fmt.Fprintf(sum, "%q nothing\n", at)
			return nil
		}
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains(without, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		is, err := Input{Access: reads.Opened, Path: at}.now(file)
		fmt.Fprintf(sum, "%q %s\n", at, is)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// ChangedSince reports whether an input may have changed after a time.
func (in Input) ChangedSince(t time.Time) bool {
	if replaced(in.Path, t) {
		return true
	}
	if in.Access != Compiled && in.Access != reads.Whole {
		info, err := os.Stat(in.Path)
		return err == nil && !(info.IsDir() && in.Access == reads.Looked) && newer(info, t)
	}
	changed := errors.New("changed")
	err := filepath.WalkDir(in.Path, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || at == in.Path:
			return err
		case in.Access == Compiled && entry.IsDir():
			return fs.SkipDir
		case in.Access == Compiled && !isSource(at):
			return nil
		}
		info, err := os.Stat(at)
		if err == nil && newer(info, t) {
			return changed
		}
		return nil
	})
	return errors.Is(err, changed)
}

// replaced reports whether something else may stand at a path since a time: a file
// that was moved there, which may be older, or nothing.
func replaced(path string, t time.Time) bool {
	missing := false
	for at := path; ; at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		switch {
		case err != nil:
			missing = true
		case info.Mode().Type() == fs.ModeSymlink:
			if newer(info, t) {
				return true
			}
		case !info.IsDir():
		case missing: // it was removed if it was there
			if newer(info, t) {
				return true
			}
		case after(changeTime(info), t) && !newer(info, t): // an entry that is made or removed changes both times
			return true
		}
		missing = missing && err != nil
		if at == filepath.Dir(at) {
			return false
		}
	}
}

// newer reports whether a file, what it is or where, may have changed after a time.
func newer(info fs.FileInfo, t time.Time) bool {
	return after(info.ModTime(), t) || !info.IsDir() && after(changeTime(info), t)
}

// after reports whether a time of a file may be after another time. The clock of a
// file system is coarser than that of the system: by a few milliseconds, or by two
// seconds if it has no fractions of one.
func after(of, t time.Time) bool {
	slack := 10 * time.Millisecond
	if of.Nanosecond() == 0 {
		slack = 2 * time.Second
	}
	return of.After(t.Add(-slack))
}
