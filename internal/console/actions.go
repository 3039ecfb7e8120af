package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
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
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && kind.Field != "" {
		return refusef(http.StatusBadRequest, "%s: got %s, expected %s", kind.Field, kind.Value, kind.Type)
	}
	if long, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refusef(http.StatusRequestEntityTooLarge, "the body of the request: got more, expected at most %d bytes", long.Limit)
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
	select { // the parts of the one before may be ending
	case s.reruns <- struct{}{}:
	case <-time.After(longestTurn):
		return nil, refusef(http.StatusConflict, "another rerun is under way: wait until it has ended")
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	release := func() { <-s.reruns }
	defer func() {
		if release != nil {
			release()
		}
	}()
	live, end, err := x.Live(s.ctx, true)
	if err != nil {
		return nil, err
	}
	arn, err := live.Start(s.ctx, plan)
	if err == nil {
		_, err = live.Describe(s.ctx, arn) // it is in its folder then
	}
	if err != nil {
		return nil, errors.Join(err, end())
	}
	unlock := release
	release = nil
	s.going.Go(func() {
		defer unlock()
		if s.Local {
			s.await(arn)
		}
		_ = end() // the parts are of no use any more
	})
	return map[string]string{"execution": arn}, nil
}

// longestTurn is how long a rerun waits for the end of another one.
const longestTurn = 20 * time.Second

// await waits for the end of an execution on this machine. It is read in its folder, which
// stays if its parts end.
func (s *Server) await(arn string) {
	x, err := s.Source.Execution(s.ctx, arn)
	if err != nil { // the feed says why
		return
	}
	_, _ = x.Service.Watch(s.ctx, arn, func(*operate.Status) {})
	_ = x.Close() // it only read
}

// stop stops an execution.
func (s *Server) stop(r *http.Request, x *Opened) (any, error) {
	if err := s.allowed(); err != nil {
		return nil, err
	}
	service := x.Service
	if x.Execution.Running() {
		live, end, err := x.Live(r.Context(), false)
		if err != nil {
			return nil, err
		}
		defer func() { _ = end() }() // it ends nothing that it has not started
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
