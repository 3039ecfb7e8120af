package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/operate/failed"
)

// again is the body of a plan and of a rerun: which failed items run again.
type again struct {
	Errors    []string `json:"errors"`
	Search    string   `json:"search"`
	BatchSize int      `json:"batchSize"`
	// Count is how many items the user was shown. A rerun of another number is refused.
	Count int `json:"count"`
}

func (a *again) filter() failed.Filter { return failed.Filter{Errors: a.Errors, Search: a.Search} }

// words returns the flags of the command that does the same.
func (a *again) words() []string {
	list := a.filter().Flags()
	if a.BatchSize > 0 {
		list = append(list, "--batch", strconv.Itoa(a.BatchSize))
	}
	return list
}

func decode(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if kind.Field == "" {
			return refusef(http.StatusBadRequest, "the body of the request: got %s, expected an object", kind.Value)
		}
		return refusef(http.StatusBadRequest, "%s: got %s, expected %s", kind.Field, kind.Value, kind.Type)
	}
	if err == nil && d.More() {
		return refusef(http.StatusBadRequest, "the body of the request: got something after the object, expected its end")
	}
	if err != nil {
		return refusef(http.StatusBadRequest, "the body of the request: %v", err)
	}
	return nil
}

// allowed refuses what changes something, unless it is allowed.
func (s *Server) allowed() error {
	if s.Local || s.Actions {
		return nil
	}
	return refusef(http.StatusForbidden, "this console only reads: start it with --allow-actions, or type the command")
}

func planOf(r *http.Request, x *Opened) (*operate.Plan, *again, error) {
	var a again
	if err := decode(r, &a); err != nil {
		return nil, nil, err
	}
	if a.BatchSize < 0 {
		return nil, nil, refusef(http.StatusBadRequest, "batchSize: got %d, expected 1 or more, or 0 for batches as in any execution", a.BatchSize)
	}
	plan, err := x.Service.PlanRerun(r.Context(), x.Execution, a.filter(), a.BatchSize)
	if err != nil {
		if lines := x.Again(r.Context()); len(lines) > 1 { // what can be done instead
			err = refusef(http.StatusConflict, "%s", strings.Join(lines, ". "))
		}
	}
	return plan, &a, err
}

// plan says which items a rerun would run.
func (s *Server) plan(r *http.Request, x *Opened) (any, error) {
	plan, a, err := planOf(r, x)
	if err != nil {
		return nil, err
	}
	return struct {
		*operate.Plan
		Command string `json:"command"`
	}{plan, x.Command("rerun", a.words()...)}, nil
}

// rerun starts a rerun, and with it the parts of a run on this machine if nothing serves
// them. They end with the rerun.
func (s *Server) rerun(r *http.Request, x *Opened) (_ any, err error) {
	if err := s.allowed(); err != nil {
		return nil, err
	}
	s.going.Add(1) // Close waits for parts that are being started
	defer s.going.Done()
	plan, a, err := planOf(r, x)
	if err != nil {
		return nil, err
	}
	if plan.Count != a.Count {
		return nil, refusef(http.StatusConflict, "got %d items to run again, expected the %d that were shown: look again", plan.Count, a.Count)
	}
	select {
	case s.parts <- struct{}{}:
	case <-time.After(longestTurn):
		return nil, refusef(http.StatusConflict, "another rerun is being started: wait until it is")
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	defer func() { <-s.parts }()
	live, started, err := x.Live(s.ctx, true)
	if err != nil {
		return nil, err
	}
	arn, err := live.Start(s.ctx, plan)
	if err == nil {
		_, err = live.Describe(s.ctx, arn) // it is in its folder then
	}
	if started != nil {
		s.going.Go(func() { s.closeIdle(started) })
	}
	return map[string]string{"execution": arn}, err
}

// longestTurn is how long a rerun waits until another one is started.
const longestTurn = time.Minute

// closeIdle closes the parts of a run when no execution runs in them any more: neither the rerun
// that they were started for, nor one that was started in them since, by any process.
func (s *Server) closeIdle(started Parts) {
	for wait := time.NewTicker(pause); ; {
		select {
		case s.parts <- struct{}{}: // nothing is started in them meanwhile
			if s.ctx.Err() != nil || started.Idle() {
				_ = started.Close() // they are of no use any more
				<-s.parts
				return
			}
			<-s.parts
		case <-s.ctx.Done():
			_ = started.Close()
			return
		}
		select {
		case <-wait.C:
		case <-s.ctx.Done():
		}
	}
}

// stop stops an execution.
func (s *Server) stop(r *http.Request, x *Opened) (any, error) {
	if err := s.allowed(); err != nil {
		return nil, err
	}
	service := x.Service
	if x.Execution.Running() {
		live, _, err := x.Live(r.Context(), false)
		if err != nil {
			return nil, err
		}
		service = live
	}
	at, err := service.Stop(context.WithoutCancel(r.Context()), x.Execution, "stopped in the console of mapjob")
	return map[string]any{"stoppedAt": at}, err
}

// redrive goes on with an execution that was stopped or timed out.
func (s *Server) redrive(r *http.Request, x *Opened) (any, error) {
	if err := s.allowed(); err != nil {
		return nil, err
	}
	err := x.Service.Redrive(r.Context(), x.Execution)
	if refused, ok := errors.AsType[*operate.NotRedrivableError](err); ok {
		err = refusef(http.StatusConflict, "%s", refused.Error())
	}
	return map[string]string{"execution": x.Execution.ARN}, err
}
