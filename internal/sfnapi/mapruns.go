package sfnapi

import (
	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/statesarn"
)

type mapRunRequest struct{ MapRunArn string }

// describedMapRun is the answer of DescribeMapRun.
type describedMapRun struct {
	listedMapRun
	StateMachineARN            *string      `json:"stateMachineArn,omitempty"` // only in a list
	Status                     string       `json:"status"`
	MaxConcurrency             int          `json:"maxConcurrency"`
	ToleratedFailurePercentage float64      `json:"toleratedFailurePercentage"`
	ToleratedFailureCount      int64        `json:"toleratedFailureCount"`
	ItemCounts                 mapRunCounts `json:"itemCounts"`
	ExecutionCounts            mapRunCounts `json:"executionCounts"`
	RedriveCount               int          `json:"redriveCount"`
}

type mapRunCounts struct {
	Pending               int `json:"pending"`
	Running               int `json:"running"`
	Succeeded             int `json:"succeeded"`
	Failed                int `json:"failed"`
	TimedOut              int `json:"timedOut"`
	Aborted               int `json:"aborted"`
	Total                 int `json:"total"`
	ResultsWritten        int `json:"resultsWritten"`
	FailuresNotRedrivable int `json:"failuresNotRedrivable"`
	PendingRedrive        int `json:"pendingRedrive"`
}

func countsOf(c *archive.Counts) mapRunCounts {
	return mapRunCounts{Pending: c.Pending, Running: c.Running, Succeeded: c.Succeeded, Failed: c.Failed, TimedOut: c.TimedOut,
		Aborted: c.Aborted, Total: c.Total, ResultsWritten: c.ResultsWritten, FailuresNotRedrivable: c.Failed + c.TimedOut + c.Aborted}
}

// mapRun returns a Map Run.
func (s *Service) mapRun(arn string) (*archive.MapRun, *apiError) {
	if refused := checkARN("mapRunArn", arn, "mapRun"); refused != nil {
		return nil, refused
	}
	run, err := s.archive.MapRun(arn)
	switch {
	case err != nil:
		return nil, broken(err)
	case run == nil:
		return nil, refusef("ResourceNotFound", "Resource not found: '%s'", arn)
	}
	return run, nil
}

// describeMapRun handles DescribeMapRun.
func (s *Service) describeMapRun(request mapRunRequest) (*describedMapRun, *apiError) {
	run, refused := s.mapRun(request.MapRunArn)
	if refused != nil {
		return nil, refused
	}
	return &describedMapRun{
		listedMapRun: listedRun(run), Status: run.Status, MaxConcurrency: run.MaxConcurrency,
		ToleratedFailurePercentage: run.ToleratedPercentage, ToleratedFailureCount: run.ToleratedCount,
		ItemCounts: countsOf(&run.Items), ExecutionCounts: countsOf(&run.Executions),
	}, nil
}

type listMapRunsRequest struct {
	ExecutionArn string
	page
}

type listMapRunsAnswer struct {
	MapRuns   []listedMapRun `json:"mapRuns"`
	NextToken string         `json:"nextToken,omitempty"`
}

// listedMapRun is a Map Run in the answer of ListMapRuns.
type listedMapRun struct {
	ExecutionARN    string `json:"executionArn"`
	MapRunARN       string `json:"mapRunArn"`
	StateMachineARN string `json:"stateMachineArn"`
	StartDate       epoch  `json:"startDate"`
	StopDate        *epoch `json:"stopDate,omitempty"`
}

func listedRun(run *archive.MapRun) listedMapRun {
	return listedMapRun{ExecutionARN: run.ExecutionARN, MapRunARN: run.ARN, StateMachineARN: statesarn.Children(run.ARN),
		StartDate: epochOf(run.Start), StopDate: stopOf(run.Stop)}
}

// listMapRuns handles ListMapRuns.
func (s *Service) listMapRuns(request listMapRunsRequest) (*listMapRunsAnswer, *apiError) {
	size, refused := request.size()
	if refused != nil {
		return nil, refused
	}
	x, refused := s.execution(request.ExecutionArn)
	if refused != nil {
		return nil, refused
	}
	after, refused := at(&request.page, "ListMapRuns", x.ARN, "")
	if refused != nil {
		return nil, refused
	}
	all, err := s.archive.MapRuns(x.ARN)
	if err != nil {
		return nil, broken(err)
	}
	answer := &listMapRunsAnswer{MapRuns: []listedMapRun{}}
	skip := after != ""
	for i := range all {
		if skip {
			skip = all[i].ARN != after
			continue
		}
		if len(answer.MapRuns) == size {
			answer.NextToken = nextToken("ListMapRuns", x.ARN, all[i-1].ARN)
			break
		}
		answer.MapRuns = append(answer.MapRuns, listedRun(&all[i]))
	}
	return answer, nil
}
