package sfnapi

import (
	"encoding/json"
	"errors"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
)

type listStateMachinesRequest struct{ page }

type listStateMachinesAnswer struct {
	StateMachines []listedStateMachine `json:"stateMachines"`
	NextToken     string               `json:"nextToken,omitempty"`
}

type listedStateMachine struct {
	StateMachineARN string      `json:"stateMachineArn"`
	Name            string      `json:"name"`
	Type            engine.Type `json:"type"`
	CreationDate    epoch       `json:"creationDate"`
}

func listedMachine(m *archive.StateMachine) listedStateMachine {
	return listedStateMachine{m.ARN, m.Name, m.Type, epochOf(m.Created)}
}

// listStateMachines handles ListStateMachines.
func (s *Service) listStateMachines(request listStateMachinesRequest) (*listStateMachinesAnswer, *apiError) {
	size, refused := request.size()
	if refused != nil {
		return nil, refused
	}
	after, refused := at(&request.page, "ListStateMachines", "", "")
	if refused != nil {
		return nil, refused
	}
	all, err := s.archive.StateMachines()
	if err != nil {
		return nil, broken(err)
	}
	answer := &listStateMachinesAnswer{StateMachines: []listedStateMachine{}}
	for i := range all {
		if all[i].Name <= after {
			continue
		}
		if len(answer.StateMachines) == size {
			answer.NextToken = nextToken("ListStateMachines", "", all[i-1].Name)
			break
		}
		answer.StateMachines = append(answer.StateMachines, listedMachine(&all[i]))
	}
	return answer, nil
}

type stateMachineRequest struct{ StateMachineArn, IncludedData string }

// describedStateMachine is the answer of DescribeStateMachine.
type describedStateMachine struct {
	listedStateMachine
	Status               string         `json:"status"`
	Definition           string         `json:"definition,omitempty"`
	RoleARN              string         `json:"roleArn"`
	LoggingConfiguration map[string]any `json:"loggingConfiguration"`
	TracingConfiguration map[string]any `json:"tracingConfiguration"`
}

// describeStateMachine handles DescribeStateMachine.
func (s *Service) describeStateMachine(request stateMachineRequest) (*describedStateMachine, *apiError) {
	if refused := checkOneOf("includedData", request.IncludedData, "ALL_DATA", "METADATA_ONLY"); refused != nil {
		return nil, refused
	}
	m, refused := s.machine(request.StateMachineArn)
	if refused != nil {
		return nil, refused
	}
	d := &describedStateMachine{
		listedStateMachine: listedMachine(m), Status: "ACTIVE", RoleARN: engine.DefaultRoleARN,
		LoggingConfiguration: map[string]any{"level": "OFF", "includeExecutionData": false},
		TracingConfiguration: map[string]any{"enabled": false},
	}
	if request.IncludedData != "METADATA_ONLY" {
		d.Definition = m.Definition
	}
	return d, nil
}

// describeStateMachineForExecution handles DescribeStateMachineForExecution.
func (s *Service) describeStateMachineForExecution(request executionRequest) (*describedStateMachine, *apiError) {
	x, refused := s.execution(request.ExecutionArn)
	if refused != nil {
		return nil, refused
	}
	return s.describeStateMachine(stateMachineRequest{StateMachineArn: x.StateMachineARN, IncludedData: request.IncludedData})
}

type validateRequest struct {
	Definition, Type, Severity string
	MaxResults                 int
}

type validateAnswer struct {
	Result      string       `json:"result"`
	Diagnostics []diagnostic `json:"diagnostics"`
	Truncated   bool         `json:"truncated"`
}

type diagnostic struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

// mostDiagnostics is the largest number of them in an answer (API reference,
// "ValidateStateMachineDefinition").
const mostDiagnostics = 100

// validateDefinition handles ValidateStateMachineDefinition.
func validateDefinition(request validateRequest) (*validateAnswer, *apiError) {
	refused := checkOneOf("type", request.Type, "STANDARD", "EXPRESS")
	if refused == nil {
		refused = checkOneOf("severity", request.Severity, "ERROR", "WARNING")
	}
	switch {
	case refused != nil:
		return nil, refused
	case request.Definition == "":
		return nil, refusef("ValidationException", "1 validation error detected: Value null at 'definition' failed to satisfy constraint: Member must not be null")
	case request.MaxResults < 0 || request.MaxResults > mostDiagnostics:
		return nil, refusef("ValidationException", "1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must be between 0 and %d", request.MaxResults, mostDiagnostics)
	case request.MaxResults == 0:
		request.MaxResults = mostDiagnostics
	}
	machine, err := asl.Parse([]byte(request.Definition))
	if err == nil {
		err = machine.CheckSubstitutions()
	}
	if err == nil && request.Type == string(engine.Express) {
		err = machine.CheckExpress()
	}
	answer := &validateAnswer{Result: "OK", Diagnostics: []diagnostic{}}
	if err == nil {
		return answer, nil
	}
	answer.Result = "FAIL"
	var problems asl.Problems
	if !json.Valid([]byte(request.Definition)) || !errors.As(err, &problems) {
		answer.Diagnostics = append(answer.Diagnostics, diagnostic{"ERROR", "INVALID_JSON_DESCRIPTION", err.Error(), ""})
	}
	for _, p := range problems {
		if len(answer.Diagnostics) == request.MaxResults {
			answer.Truncated = true
			break
		}
		answer.Diagnostics = append(answer.Diagnostics, diagnostic{"ERROR", "SCHEMA_VALIDATION_FAILED", p.Message, p.Path})
	}
	return answer, nil
}
