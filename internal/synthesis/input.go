package synthesis

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/reads"
)

// input is something that an app reads, and what it was.
type input struct {
	Do   string // as in [reads.Line], or goFiles
	Path string // absolute
	Is   string
}

// goFiles reads the Go files of a folder, without tests.
const goFiles = "go files"

// now returns what an input is now.
func (in input) now() (string, error) {
	is, err := in.look()
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, errNotFolder) {
		return "nothing", nil
	}
	return is, err
}

var errNotFolder = errors.New("not a folder")

func (in input) look() (string, error) {
	info, err := os.Stat(in.Path)
	if err != nil {
		if _, dangling := os.Readlink(in.Path); dangling == nil {
			return "link", nil
		}
		return "", err
	}
	prefix := ""
	if target, err := os.Readlink(in.Path); err == nil {
		prefix = "link to " + target + ", "
	}
	var is string
	switch {
	case in.Do == goFiles:
		is, err = sumGoFiles(in.Path)
	case info.IsDir() && in.Do == reads.Looked:
		is = "folder"
	case info.IsDir() && in.Do == reads.Whole:
		is, err = sumTree(in.Path)
	case info.IsDir():
		is, err = sumNames(in.Path)
	case !info.Mode().IsRegular():
		is = info.Mode().Type().String()
	case in.Do == reads.Looked:
		is = fmt.Sprint(info.Mode(), info.Size(), info.ModTime().UnixNano())
	default:
		is, err = sumFile(in.Path, info)
	}
	return prefix + is, err
}

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

// sumNames returns the sum of a folder's entries, without their content.
func sumNames(path string) (string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, e := range entries {
		fmt.Fprintf(sum, "%q %v\n", e.Name(), e.Type())
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// sumGoFiles returns the sum of the Go files of a folder, without tests.
func sumGoFiles(path string) (string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		is, err := input{Do: reads.Opened, Path: filepath.Join(path, e.Name())}.now()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%q %s\n", e.Name(), is)
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// sumTree returns the sum of all that is in a folder.
func sumTree(path string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		is, err := input{Do: reads.Opened, Path: at}.now()
		fmt.Fprintf(sum, "%q %s\n", at, is)
		return err
	})
	return fmt.Sprintf("%x", sum.Sum(nil)), err
}

// changedSince reports whether an input may have changed after a time.
func (in input) changedSince(t time.Time) bool {
	if in.Do != goFiles && in.Do != reads.Whole {
		info, err := os.Stat(in.Path)
		return err == nil && !(info.IsDir() && in.Do == reads.Looked) && newer(info, t)
	}
	changed := errors.New("changed")
	err := filepath.WalkDir(in.Path, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || at == in.Path:
			return err
		case in.Do == goFiles && entry.IsDir():
			return fs.SkipDir
		case in.Do == goFiles && filepath.Ext(at) != ".go":
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

// newer reports whether a file may have changed after a time. The clock of a file
// system is coarser than that of the system: by a few milliseconds, or by two
// seconds if it has no fractions of one.
func newer(info fs.FileInfo, t time.Time) bool {
	slack := 10 * time.Millisecond
	if info.ModTime().Nanosecond() == 0 {
		slack = 2 * time.Second
	}
	return info.ModTime().After(t.Add(-slack))
}
