package engine

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/unsupported"
)

// MissingError is returned by [New] for an integration or an object store that
// the state machine needs and the engine does not have.
type MissingError struct {
	// Path is the field that needs it, such as $.States.Work.Resource.
	Path string
	// Objects is true for an object store ([WithObjects]), and false for an
	// integration ([WithIntegration], [WithTask]).
	Objects bool
	message string
}

func (e *MissingError) Error() string { return e.Path + ": " + e.message }

// missing returns an error for everything that a machine needs and the engine
// does not have.
func (e *Engine) missing(machine *asl.StateMachine) []error {
	var errs []error
	for s := range machine.AllStates() {
		if s.Task != nil && e.integration(s) == nil && !e.answers(s.Task.Resource) {
			errs = append(errs, &MissingError{Path: s.Path + ".Resource",
				message: fmt.Sprintf("got %q: %v", s.Task.Resource.ARN, unsupported.Unanswered.Error())})
		}
		if s.Map == nil {
			continue
		}
		if r := s.Map.ItemReader; r != nil && r.InputType == "PARQUET" {
			errs = append(errs, fmt.Errorf("%s.ItemReader.ReaderConfig.InputType: got %q: %w", s.Path, r.InputType, unsupported.Parquet.Error()))
		}
		if e.objects != nil {
			continue
		}
		if s.Map.ItemReader != nil {
			errs = append(errs, &MissingError{s.Path + ".ItemReader", true, unsupported.Reader.Error().Error()})
		}
		if s.Map.ResultWriter != nil && s.Map.ResultWriter.Resource.ARN != "" {
			errs = append(errs, &MissingError{s.Path + ".ResultWriter", true, unsupported.Writer.Error().Error()})
		}
	}
	return errs
}

// integration returns what answers a Task state. It is nil if the engine itself
// does, or nothing.
func (e *Engine) integration(s *asl.State) Integration {
	if i, ok := e.tasks[s]; ok {
		return i
	}
	return e.integrations.find(s.Task.Resource)
}
