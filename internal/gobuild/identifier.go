package gobuild

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
)

// CopyWithoutID copies an executable for AWS Lambda, without its build ID. The
// go command needs the ID to see whether an executable is up to date, but the ID
// changes with every comment of a main package, even if nothing else does.
func CopyWithoutID(executable, path string) error {
	text, err := os.ReadFile(executable)
	if err != nil {
		return err
	}
	file, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", executable, err)
	}
	note := file.Section(".note.go.buildid")
	if note == nil || note.FileSize < noteHeader || note.Offset+note.FileSize > uint64(len(text)) {
		return fmt.Errorf("%s: got an executable without a build ID, expected one from the go command", executable)
	}
	clear(text[note.Offset+noteHeader : note.Offset+note.FileSize])
	return os.WriteFile(path, text, 0o755)
}

// noteHeader is the size of what precedes the build ID: three numbers of four bytes,
// and the name "Go" with two zeros.
const noteHeader = 16
