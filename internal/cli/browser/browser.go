// Package browser opens pages in the user's browser.
package browser

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
)

// Show writes a page to a file, prints the file's name and opens it in the browser. It
// leaves the file behind, because the browser reads it later.
func Show(page io.Reader, out io.Writer) error {
	file, err := os.CreateTemp("", "mapjob-report-*.html") // for this user only
	if err != nil {
		return err
	}
	_, err = io.Copy(file, page)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	fmt.Fprintln(out, file.Name())
	if err := Open(file.Name()); err != nil {
		return fmt.Errorf("opening the browser: %w; the report is in %s", err, file.Name())
	}
	return nil
}

// Open opens a file or an address in the browser.
func Open(what string) error {
	command := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open"}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	return exec.Command(command[0], append(command[1:], what)...).Start()
}
