package definition

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plain"
)

// Validate is mapjob asl validate.
type Validate struct {
	Files []string `arg:"" name:"file" help:"Definition, JSON, or YAML if its name ends in .yaml or .yml; - is standard input."`
}

// Run says for each file that it is valid, or what is wrong with it.
func (v *Validate) Run(s *terminal.Streams) error {
	bad := 0
	for _, file := range v.Files {
		text, err := readDefinition(file, s.In)
		if err == nil {
			_, err = asl.Parse(text)
		}
		if err != nil {
			bad++
			fmt.Fprintln(s.Err, plain.Lines(fmt.Sprint(located(file, err))))
			continue
		}
		if _, err := fmt.Fprintf(s.Out, "%s: valid\n", displayName(file)); err != nil {
			return err
		}
	}
	if bad > 0 {
		verb := "are"
		if bad == 1 {
			verb = "is"
		}
		return fmt.Errorf("%d of %s %s not valid", bad, number.Of(len(v.Files), "definition"), verb)
	}
	return nil
}
