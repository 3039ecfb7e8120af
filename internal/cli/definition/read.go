package definition

import (
	"io"

	"github.com/mapjob/mapjob/internal/asl"
)

// Parse reads and parses a definition file; - is standard input. The error has a line
// for each problem, with its place in the file.
func Parse(file string, in io.Reader, options ...asl.Option) (*asl.StateMachine, error) {
	text, err := readDefinition(file, in)
	if err != nil {
		return nil, located(file, err)
	}
	machine, err := asl.Parse(text, options...)
	if err != nil {
		return nil, located(file, err)
	}
	return machine, nil
}
