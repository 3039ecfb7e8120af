package story

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/test/docs/page"
)

// TestedIn returns the commands of a page that tests in a folder run, as the page says
// with <!-- tested: FOLDER -->, without their comments.
func TestedIn(folder, root, path string) (commands []string, err error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil {
		return nil, err
	}
	tested := ""
	for _, step := range page.Parse(path, text).Steps {
		switch {
		case !step.Block && step.Name == "tested":
			tested = step.Text
		case step.Block && tested == folder:
			for _, c := range Commands(step) {
				command, _, _ := strings.Cut(c.Text, " #")
				commands = append(commands, strings.TrimSpace(command))
			}
			fallthrough
		case step.Block:
			tested = ""
		}
	}
	if len(commands) == 0 {
		return nil, fmt.Errorf("%s: got no commands that are tested in %s", path, folder)
	}
	return commands, nil
}
