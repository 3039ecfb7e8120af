package sfnapi

import (
	"encoding/json"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/statesarn"
)

type startExecutionRequest struct{ StateMachineArn, Name, Input string }

type startExecutionAnswer struct {
	ExecutionARN string `json:"executionArn"`
	StartDate    epoch  `json:"startDate"`
}

// start handles StartExecution. For a Standard state machine it is idempotent: the
// same name and input is answered with the execution that runs. With another
// input, or after the execution's end, the name is taken.
func (s *Service) start(request startExecutionRequest) (*startExecutionAnswer, *apiError) {
	if request.Name == "" {
		request.Name = s.newID()
	}
	if request.Input == "" {
		request.Input = "{}"
	}
	if refused := checkARN("stateMachineArn", request.StateMachineArn, "stateMachine"); refused != nil {
		return nil, refused
	}
	switch {
	case len([]rune(request.Name)) > 80 || statesarn.BadExecutionName(request.Name) != "":
		return nil, refusef("InvalidName", "Invalid Name: '%s'", request.Name)
	case len(request.Input) > engine.AWSLimits.PayloadBytes || !json.Valid([]byte(request.Input)):
		return nil, refusef("InvalidExecutionInput", "Invalid State Machine Execution Input: got %d bytes, expected JSON of at most %d",
			len(request.Input), engine.AWSLimits.PayloadBytes)
	case s.runner == nil:
		return nil, errNothingRuns
	}
	machine, err := s.runner.StateMachine(request.StateMachineArn)
	switch {
	case err != nil:
		return nil, refusef("InvalidDefinition", "%v", err)
	case machine == nil:
		return nil, refusef("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", request.StateMachineArn)
	}
	arn := statesarn.Execution(machine.ARN, request.Name)
	taken := refusef("ExecutionAlreadyExists", "Execution Already Exists: '%s'", arn)

	s.starting.Lock()
	defer s.starting.Unlock()
	if machine.Type == engine.Standard { // names of Express executions may repeat
		x, err := s.archive.Execution(arn)
		switch {
		case err != nil:
			return nil, broken(err)
		case x != nil && (x.Status != engine.Running || x.Input != request.Input):
			return nil, taken
		case x != nil:
			return &startExecutionAnswer{arn, epochOf(x.Start)}, nil
		}
	}
	if s.ctx.Err() != nil {
		return nil, refusef("ServiceUnavailable", "Step Functions is stopping")
	}
	started, err := s.runner.Start(s.ctx, machine, request.Name, []byte(request.Input))
	switch {
	case errors.Is(err, engine.ErrExecutionRuns): // a task has started it
		return nil, taken
	case err != nil:
		return nil, broken(err)
	}
	if started.Finish != nil {
		s.runs.Add(1)
		s.running.Go(func() {
			defer s.runs.Add(-1)
			started.Finish()
		})
	}
	return &startExecutionAnswer{started.ARN, epochOf(started.Start)}, nil
}

// errNothingRuns is the error of a service without a runner.
var errNothingRuns = refusef("ServiceUnavailable", "the parts of this run do not run: start them with mapjob serve --run")

type executionRequest struct {
	ExecutionArn string
	IncludedData string
}

// execution returns the execution of a request.
func (s *Service) execution(arn string) (*archive.Execution, *apiError) {
	if refused := checkARN("executionArn", arn, "execution", "express"); refused != nil {
		return nil, refused
	}
	x, err := s.archive.Execution(arn)
	switch {
	case err != nil:
		return nil, broken(err)
	case x == nil:
		return nil, refusef("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
	}
	return x, nil
}

// dataDetails are the inputDetails or outputDetails.
type dataDetails struct {
	Included bool `json:"included"`
}

// listedExecution is an execution in the answer of ListExecutions.
type listedExecution struct {
	ExecutionARN    string        `json:"executionArn"`
	StateMachineARN string        `json:"stateMachineArn"`
	Name            string        `json:"name"`
	Status          engine.Status `json:"status"`
	StartDate       epoch         `json:"startDate"`
	StopDate        *epoch        `json:"stopDate,omitempty"`
	MapRunARN       string        `json:"mapRunArn,omitempty"`
	ItemCount       int           `json:"itemCount,omitempty"`
	RedriveCount    int           `json:"redriveCount"`
}

func listed(x *archive.Execution) listedExecution {
	return listedExecution{ExecutionARN: x.ARN, StateMachineARN: x.StateMachineARN, Name: x.Name, Status: x.Status,
		StartDate: epochOf(x.Start), StopDate: stopOf(x.Stop), MapRunARN: x.MapRunARN, ItemCount: x.Items}
}

// describedExecution is the answer of DescribeExecution.
type describedExecution struct {
	listedExecution
	ItemCount           *int         `json:"itemCount,omitempty"` // only in a list
	Input               string       `json:"input,omitempty"`
	InputDetails        *dataDetails `json:"inputDetails,omitempty"`
	Output              string       `json:"output,omitempty"`
	OutputDetails       *dataDetails `json:"outputDetails,omitempty"`
	Error               string       `json:"error,omitempty"`
	Cause               string       `json:"cause,omitempty"`
	RedriveStatus       string       `json:"redriveStatus"`
	RedriveStatusReason string       `json:"redriveStatusReason"`
}

// describe handles DescribeExecution.
func (s *Service) describe(request executionRequest) (*describedExecution, *apiError) {
	if refused := checkOneOf("includedData", request.IncludedData, "ALL_DATA", "METADATA_ONLY"); refused != nil {
		return nil, refused
	}
	x, refused := s.execution(request.ExecutionArn)
	if refused != nil {
		return nil, refused
	}
	d := &describedExecution{listedExecution: listed(x), RedriveStatus: "NOT_REDRIVABLE", RedriveStatusReason: notRedrivable(x)}
	if request.IncludedData == "METADATA_ONLY" {
		return d, nil
	}
	d.Input, d.InputDetails = x.Input, &dataDetails{true}
	d.Error, d.Cause = x.Error, x.Cause
	if x.Status == engine.Succeeded {
		d.Output, d.OutputDetails = x.Output, &dataDetails{true}
	}
	return d, nil
}

func notRedrivable(x *archive.Execution) string {
	if x.Status == engine.Running || x.Status == engine.Succeeded {
		return "Execution is " + x.Status + " and cannot be redriven"
	}
	return "Executions on this machine cannot be redriven: start another one, with the items that failed"
}

// redrive handles RedriveExecution, which is always refused.
func (s *Service) redrive(request executionRequest) (*struct{}, *apiError) {
	x, refused := s.execution(request.ExecutionArn)
	if refused != nil {
		return nil, refused
	}
	return nil, refusef("ExecutionNotRedrivable", "Execution is not redrivable: '%s': %s", x.ARN, notRedrivable(x))
}

type stopExecutionRequest struct{ ExecutionArn, Error, Cause string }

type stopExecutionAnswer struct {
	StopDate epoch `json:"stopDate"`
}

// checkFailure refuses what is too long for the error or the cause of a request (API reference,
// "StopExecution" and "SendTaskFailure").
func checkFailure(name, cause string) *apiError {
	for _, text := range []struct {
		member, value string
		most          int
	}{{"error", name, 256}, {"cause", cause, 32768}} {
		if utf8.RuneCountInString(text.value) > text.most {
			return refusef("ValidationException", "1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", text.member, text.most)
		}
	}
	return nil
}

// stopExecution handles StopExecution, which answers when the runner has stopped the
// execution.
func (s *Service) stopExecution(request stopExecutionRequest) (*stopExecutionAnswer, *apiError) {
	if refused := checkFailure(request.Error, request.Cause); refused != nil {
		return nil, refused
	}
	if refused := checkARN("executionArn", request.ExecutionArn, "execution"); refused != nil {
		return nil, refused
	}
	x, refused := s.execution(request.ExecutionArn)
	switch {
	case refused != nil:
		return nil, refused
	case x.Status != engine.Running:
		return &stopExecutionAnswer{epochOf(x.Stop)}, nil
	case x.MapRunARN != "":
		return nil, refusef("ValidationException", "got a child of a Map Run, expected an execution that was started: stop the execution of the Map Run")
	case s.runner == nil:
		return nil, errNothingRuns
	}
	if !s.runner.Stop(x.ARN, request.Error, request.Cause) {
		return nil, refusef("ExecutionDoesNotExist", "Execution Does Not Exist: '%s' does not run in this process", x.ARN)
	}
	if x, refused = s.execution(request.ExecutionArn); refused != nil {
		return nil, refused
	}
	if x.Status == engine.Running { // it ends soon
		return &stopExecutionAnswer{epochOf(time.Now())}, nil
	}
	return &stopExecutionAnswer{epochOf(x.Stop)}, nil
}

type listExecutionsRequest struct {
	StateMachineArn, MapRunArn, StatusFilter, RedriveFilter string
	page
}

type listExecutionsAnswer struct {
	Executions []listedExecution `json:"executions"`
	NextToken  string            `json:"nextToken,omitempty"`
}

// list handles ListExecutions.
func (s *Service) list(request listExecutionsRequest) (*listExecutionsAnswer, *apiError) {
	size, refused := request.size()
	if refused == nil {
		refused = checkOneOf("statusFilter", request.StatusFilter, "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE")
	}
	if refused == nil {
		refused = checkOneOf("redriveFilter", request.RedriveFilter, "REDRIVEN", "NOT_REDRIVEN")
	}
	switch {
	case refused != nil:
		return nil, refused
	case (request.StateMachineArn == "") == (request.MapRunArn == ""):
		return nil, refusef("ValidationException", "Must provide either a state machine ARN or a map run ARN, but not both")
	case request.MapRunArn != "":
		return s.listChildren(&request, size)
	}
	machine, refused := s.machine(request.StateMachineArn)
	switch {
	case refused != nil:
		return nil, refused
	case machine.Type == engine.Express:
		return nil, refusef("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
	}
	last, refused := at(&request.page, "ListExecutions", machine.ARN, lastListed{})
	if refused != nil {
		return nil, refused
	}
	all, err := s.archive.Executions()
	if err != nil {
		return nil, broken(err)
	}
	answer := &listExecutionsAnswer{Executions: []listedExecution{}}
	for i := range all {
		x := &all[i]
		if x.StateMachineARN != machine.ARN || !request.matches(x) || !last.before(x) {
			continue
		}
		if len(answer.Executions) == size {
			answer.NextToken = nextToken("ListExecutions", machine.ARN, last)
			break
		}
		answer.Executions = append(answer.Executions, listed(x))
		last = lastListed{x.Start, x.ARN}
	}
	return answer, nil
}

// lastListed is the last execution of a page.
type lastListed struct {
	Start time.Time
	ARN   string
}

func (l lastListed) before(x *archive.Execution) bool {
	return l.ARN == "" || archive.Newest(archive.Execution{Start: l.Start, ARN: l.ARN}, *x) < 0
}

// matches reports whether the filters leave an execution in. Nothing is redriven on
// this machine.
func (r *listExecutionsRequest) matches(x *archive.Execution) bool {
	return (r.StatusFilter == "" || r.StatusFilter == x.Status) && r.RedriveFilter != "REDRIVEN"
}

// listChildren lists the children of a Map Run.
func (s *Service) listChildren(request *listExecutionsRequest, size int) (*listExecutionsAnswer, *apiError) {
	run, refused := s.mapRun(request.MapRunArn)
	if refused != nil {
		return nil, refused
	}
	from, refused := at(&request.page, "ListExecutions", run.ARN, int64(0))
	if refused != nil {
		return nil, refused
	}
	answer := &listExecutionsAnswer{Executions: []listedExecution{}}
	err := s.archive.Children(run.ARN, from, func(x archive.Execution, next int64) bool {
		if !request.matches(&x) {
			return true
		}
		if len(answer.Executions) == size {
			answer.NextToken = nextToken("ListExecutions", run.ARN, from)
			return false
		}
		answer.Executions = append(answer.Executions, listed(&x))
		from = next
		return true
	})
	if err != nil {
		return nil, broken(err)
	}
	return answer, nil
}

// machine returns a state machine.
func (s *Service) machine(arn string) (*archive.StateMachine, *apiError) {
	if refused := checkARN("stateMachineArn", arn, "stateMachine"); refused != nil {
		return nil, refused
	}
	all, err := s.archive.StateMachines()
	if err != nil {
		return nil, broken(err)
	}
	i := slices.IndexFunc(all, func(m archive.StateMachine) bool { return m.ARN == arn })
	if i < 0 {
		return nil, refusef("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
	}
	return &all[i], nil
}
