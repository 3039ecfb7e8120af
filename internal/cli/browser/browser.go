// Package browser shows pages to a user.
package browser

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
)

// Show opens a page in the browser. It stays in a file, which the browser reads.
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
	command := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open"}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	if err := exec.Command(command[0], append(command[1:], file.Name())...).Start(); err != nil {
		return fmt.Errorf("opening the browser: %w; the report is in %s", err, file.Name())
	}
	return nil
}
