// Package definition runs and checks state machine definitions on their own:
// mapjob asl.
package definition

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/yaml"
)

// Commands are the subcommands of mapjob asl.
type Commands struct {
	Run      Run      `cmd:"" help:"Run any state machine definition, with mocks for what its tasks call."`
	Validate Validate `cmd:"" help:"Say what is wrong with definitions, with path and line."`
}

// readDefinition reads a definition file as JSON; - is standard input. A file is YAML
// if its name says so.
func readDefinition(file string, in io.Reader) ([]byte, error) {
	if file == "-" {
		text, err := io.ReadAll(in)
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return text, nil
	}
	text, err := os.ReadFile(file)
	if extension := filepath.Ext(file); err != nil || extension != ".yaml" && extension != ".yml" {
		return text, err
	}
	return yaml.JSON(text)
}

// displayName returns the name of a definition file in answers.
func displayName(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// located writes a problem in each line, with its place in the file.
func located(file string, err error) error {
	if said, ok := errors.AsType[*yaml.Error](err); ok {
		return fmt.Errorf("%s:%d: %s", file, said.Line, said.Message)
	}
	problems, ok := errors.AsType[asl.Problems](err)
	if !ok {
		return err
	}
	var lines []error
	for _, p := range problems {
		place := displayName(file)
		if p.Line > 0 {
			place = fmt.Sprintf("%s:%d", place, p.Line)
		}
		lines = append(lines, fmt.Errorf("%s: %s: %s", place, p.Path, p.Message))
	}
	return errors.Join(lines...)
}
