package console

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// mostExecutions is the most executions of a list.
const mostExecutions = 500

// listed is an execution of the list.
type listed struct {
	operate.Execution
	Job    string `json:"job"`
	Failed int    `json:"failed"`
}

// job is a state machine of the list.
type job struct {
	ARN  string `json:"arn"`
	Name string `json:"name"`
}

// executionList is the answer of the list.
type executionList struct {
	Executions []listed `json:"executions"` // the newest first
	Jobs       []job    `json:"jobs"`
	Command    string   `json:"command"`
}

// executions lists the executions: those of a job and a status, if they are given.
func (s *Server) executions(r *http.Request) (_ any, err error) {
	q := r.URL.Query()
	most, err := limit(q, 50, mostExecutions)
	if err != nil {
		return nil, err
	}
	status := strings.ToUpper(q.Get("status"))
	if !slices.Contains([]string{"", "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}, status) {
		return nil, refusef(http.StatusBadRequest, "status: got %q, expected running, succeeded, failed, timed_out or aborted", q.Get("status"))
	}
	jobs, err := s.Source.Open(r.Context())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, jobs.Close()) }()
	list := &executionList{Executions: []listed{}, Jobs: []job{}}
	only := q.Get("job")
	for _, arn := range jobs.Machines {
		list.Jobs = append(list.Jobs, job{arn, statesarn.Name(arn)})
		if only != "" && only != arn {
			continue
		}
		some, err := jobs.Service.List(r.Context(), arn, operate.Filter{Status: status, Most: most, Described: jobs.Described})
		if err != nil {
			return nil, err
		}
		for i := range some {
			x := &some[i]
			x.Cause = "" // it may be long, as may what the summary has added
			if x.Account != nil {
				short := *x.Account
				short.Output = nil
				x.Account = &short
			}
			list.Executions = append(list.Executions, listed{*x, statesarn.Name(arn), x.Unsuccessful()})
		}
	}
	slices.SortStableFunc(list.Executions, func(a, b listed) int {
		return cmp.Or(b.StartedAt.Compare(a.StartedAt), strings.Compare(a.ARN, b.ARN))
	})
	list.Executions = list.Executions[:min(len(list.Executions), most)]
	var words []string
	if status != "" {
		words = append(words, "--status", strings.ToLower(status))
	}
	if only != "" && len(jobs.Machines) > 1 {
		words = append(words, "--job", statesarn.Name(only))
	}
	list.Command = jobs.Command("list", words...)
	return list, nil
}
