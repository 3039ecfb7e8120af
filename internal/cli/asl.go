package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mapjob/mapjob/internal/asl"
)

type aslCommand struct {
	Run      aslRunCommand      `cmd:"" help:"Run any state machine definition, with mocks for what its tasks call."`
	Validate aslValidateCommand `cmd:"" help:"Say what is wrong with definitions, with path and line."`
}

// readDefinition is the text of a definition file, - for standard input.
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

// displayName is what a definition file is called in answers.
func displayName(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// located has one problem a line, with the place of each in the file.
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
