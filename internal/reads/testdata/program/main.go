// A program whose reads are recorded.
package main

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/mapjob/mapjob/internal/reads"
)

// before is read while packages are initialized.
var before, _ = os.ReadFile("before")

func main() {
	for i := 1; i+1 < len(os.Args); i += 2 {
		if err := do(os.Args[i], os.Args[i+1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

func do(what, path string) error {
	switch what {
	case "open":
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		return file.Close()
	case "stat":
		_, err := os.Stat(path)
		return err
	case "list":
		_, err := os.ReadDir(path)
		return err
	case "chdir":
		return os.Chdir(path)
	case "start":
		return exec.Command(path).Run()
	case "ask":
		reads.Ask()
	}
	return nil
}
