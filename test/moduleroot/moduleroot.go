// Package moduleroot finds the folder of the module that a test or its command runs in.
package moduleroot

import (
	"fmt"
	"os"
	"path/filepath"
)

// Find returns the folder of go.mod: the working directory, or the nearest one above.
func Find() (string, error) {
	from, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := from; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("found no go.mod in %s or a folder above it: run this in a clone of the repository", from)
		}
	}
}
