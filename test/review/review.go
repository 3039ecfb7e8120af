// Package review keeps the templates that test/quality looks at. Tests keep those of
// snapshots and of the apps that only they can synthesize.
package review

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Variable names the folder in which templates are kept. It is not set if they are not
// to be reviewed.
const Variable = "MAPJOB_REVIEW"

// Suffixes of files in the folder.
const (
	Template = ".template.json"
	Nag      = ".nag.json" // what cdk-nag has found in the stack of the template
)

// Assembly keeps the templates of a cloud assembly, with those of its stages and nested
// stacks, in place of those that were kept before. They are those of an app, which is
// named by its folder in the repository.
func Assembly(folder, app, assembly string) error {
	to := filepath.Join(folder, filepath.FromSlash(app))
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	before, err := filepath.Glob(filepath.Join(to, "*"+Template))
	if err != nil {
		return err
	}
	for _, path := range before {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	found := 0
	err = filepath.WalkDir(assembly, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(entry.Name(), "asset."):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(entry.Name(), Template):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found++
		// The names of stages are in those of their stacks.
		file, err := os.OpenFile(filepath.Join(to, entry.Name()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		_, err = file.Write(text)
		if closed := file.Close(); err == nil {
			err = closed
		}
		return err
	})
	if err == nil && found == 0 {
		err = fmt.Errorf("%s has no templates, expected those of %s", assembly, app)
	}
	return err
}
