package page

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Tree reads all pages of a project. The key is a page's path.
func Tree(root string) (map[string]*Page, error) {
	found := map[string]*Page{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (name == "node_modules" || name == "testdata" || name == "bin" || name == "cdk.out" || strings.HasPrefix(name, ".") && name != ".github"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		found[relative] = Parse(relative, text)
		return nil
	})
	return found, err
}
