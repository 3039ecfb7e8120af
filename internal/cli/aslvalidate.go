package cli

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
)

type aslValidateCommand struct {
	Files []string `arg:"" name:"file" help:"Definition, JSON; - is standard input."`
}

// Run says of each file that it is valid, or what is wrong with it.
func (v *aslValidateCommand) Run(s *streams) error {
	bad := 0
	for _, file := range v.Files {
		text, err := readDefinition(file, s.in)
		if err == nil {
			_, err = asl.Parse(text)
		}
		if err != nil {
			bad++
			fmt.Fprintln(s.err, located(file, err))
			continue
		}
		if _, err := fmt.Fprintf(s.out, "%s: valid\n", displayName(file)); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d definitions are not valid", bad, len(v.Files))
	}
	return nil
}
