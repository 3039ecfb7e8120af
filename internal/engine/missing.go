package engine

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
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
				message: fmt.Sprintf("got %q, expected an integration for it", s.Task.Resource.ARN)})
		}
		if s.Map == nil {
			continue
		}
		if r := s.Map.ItemReader; r != nil && r.InputType == "PARQUET" {
			errs = append(errs, fmt.Errorf("%s.ItemReader.ReaderConfig.InputType: got %q, expected CSV, JSON, JSONL or MANIFEST", s.Path, r.InputType))
		}
		if e.objects != nil {
			continue
		}
		if s.Map.ItemReader != nil {
			errs = append(errs, &MissingError{s.Path + ".ItemReader", true, "got a reader, expected an object store to read from"})
		}
		if s.Map.ResultWriter != nil && s.Map.ResultWriter.Resource.ARN != "" {
			errs = append(errs, &MissingError{s.Path + ".ResultWriter", true, "got a writer, expected an object store to write to"})
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
