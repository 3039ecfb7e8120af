//go:build !unix

package incoming

import "os"

// writeFile creates a file with a content.
func writeFile(path string, content []byte) error { return os.WriteFile(path, content, 0o600) }

// rename renames a file.
func rename(from, to string) error { return os.Rename(from, to) }
