// Package definition runs and checks state machine definitions on their own:
// mapjob asl.
package definition

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mapjob/mapjob/internal/asl"
)

// Commands are the subcommands of mapjob asl.
type Commands struct {
	Run      Run      `cmd:"" help:"Run any state machine definition, with mocks for what its tasks call."`
	Validate Validate `cmd:"" help:"Say what is wrong with definitions, with path and line."`
}

// readDefinition reads a definition file; - is standard input.
func readDefinition(file string, in io.Reader) ([]byte, error) {
	if file == "-" {
		text, err := io.ReadAll(in)
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return text, nil
	}
	return os.ReadFile(file)
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
