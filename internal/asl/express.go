package asl

import "fmt"

// CheckExpress reports what an Express workflow does not support: Distributed
// Maps, activities, and tasks that wait for a job or a token (developer guide,
// "Choosing workflow type"). The error is [Problems].
func (m *StateMachine) CheckExpress() error {
	var problems Problems
	for s := range m.AllStates() {
		if s.Map != nil && s.Map.Processor.Distributed {
			problems = append(problems, Problem{
				Path:    s.Path + ".ItemProcessor.ProcessorConfig.Mode",
				Message: `got "DISTRIBUTED" in an Express state machine, expected "INLINE"`,
				service: schemaText("Express state machine does not support Distributed Map", s.Path+".ItemProcessor.ProcessorConfig.Mode"),
			})
		}
		if s.Task == nil {
			continue
		}
		what := ""
		switch r := s.Task.Resource; {
		case r.Service == ActivityService:
			what = "Activity ARN"
		case r.Pattern != RequestResponse:
			what = fmt.Sprintf("'%s' service integration", string(r.Pattern))
		default:
			continue
		}
		problems = append(problems, Problem{
			Path:    s.Path + ".Resource",
			Message: fmt.Sprintf("got %q in an Express state machine, expected a request-response integration or a function", s.Task.Resource.ARN),
			service: schemaText("Express state machine does not support "+what, s.Path+".Resource"),
		})
	}
	if len(problems) == 0 {
		return nil
	}
	problems.locate(quoteSubstitutions(m.Definition))
	return problems
}
