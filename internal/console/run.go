package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/console/feed"
	"github.com/mapjob/mapjob/internal/operate"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// running is how far an execution is.
type running struct {
	operate.Status
	Job     string        `json:"job"`
	MapRuns []feed.MapRun `json:"mapRuns"`
	Failed  int           `json:"failed"` // items, after the summary
	Delay   string        `json:"delay,omitempty"`
	// These are of an execution that was opened for the answer, not of events.
	HasFailures bool              `json:"hasFailures,omitempty"`
	Earlier     string            `json:"earlier,omitempty"` // of a rerun: the ARN of the execution whose items run again
	Again       []string          `json:"again,omitempty"`   // what can be done about failed items
	Commands    map[string]string `json:"commands,omitempty"`
}

func newRunning(status *operate.Status, runs []feed.MapRun, delay string) *running {
	return &running{Status: *status, Job: statesarn.StateMachine(status.ARN), MapRuns: runs, Failed: status.Unsuccessful(), Delay: delay}
}

// status says how far an execution is.
func (s *Server) status(r *http.Request, x *Opened) (any, error) {
	status, err := x.Service.Status(r.Context(), x.Execution)
	if err != nil {
		return nil, err
	}
	v := newRunning(status, feed.MapRuns(status, time.Now()), "")
	if rerun := x.Execution.Rerun(); rerun != nil {
		v.Earlier = rerun.Execution
	}
	v.Commands = map[string]string{"status": x.Command("status"), "graph": x.Command("graph", "--format", "svg"), "stop": x.Command("stop")}
	if v.Running() {
		v.Commands["status"] = x.Command("status", "--watch")
		return v, nil
	}
	v.HasFailures = x.Execution.HasFailures()
	if v.Failed > 0 {
		v.Again = x.Again(r.Context())
	}
	v.Commands["report"], v.Commands["failures"], v.Commands["rerun"], v.Commands["redrive"] = x.Command("report"), x.Command("failures"), x.Command("rerun"), x.Command("redrive")
	return v, nil
}

// graph draws the state machine with what happened at its states.
func (s *Server) graph(w http.ResponseWriter, r *http.Request) {
	v, err := s.opened(func(r *http.Request, x *Opened) (any, error) {
		traced, err := x.Trace(r.Context())
		if err != nil {
			return nil, err
		}
		g, err := traced.Graph(x.Execution)
		if err != nil {
			return nil, err
		}
		g.Title = ""
		var text strings.Builder
		err = g.Drawing(&text)
		return describe(text.String(), traced.Lacks), err
	})(r)
	if err != nil {
		s.answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = fmt.Fprint(w, v)
}

// describe adds what a drawing lacks, which the page shows below it.
func describe(drawing string, lacks []string) string {
	before, ok := strings.CutSuffix(strings.TrimSpace(drawing), "</svg>")
	if !ok || len(lacks) == 0 {
		return drawing
	}
	return before + "<desc>" + html.EscapeString(strings.Join(lacks, "; ")) + "</desc></svg>\n"
}

// style answers with a style sheet.
func style(sheet string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = io.WriteString(w, sheet)
	}
}

// report returns the report of the summary, or why there is none: that is no failure.
func (s *Server) report(r *http.Request, x *Opened) (any, error) {
	report, err := x.Service.ReadReport(r.Context(), x.Execution)
	if lacks, ok := errors.AsType[*operate.NoReportError](err); ok {
		return map[string]string{"none": lacks.Error()}, nil
	}
	return report, err
}

// pause is the shortest time between two events of a kind.
const pause = 250 * time.Millisecond

// events sends how far an execution is until it has ended, as Server-Sent Events:
// status and series whenever they change, and end.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	arn := r.PathValue("arn")
	if operate.StateMachineOf(arn) == "" {
		s.refuse(w, http.StatusBadRequest, "expected the ARN of an execution of a Standard state machine")
		return
	}
	f := s.feeds.Follow(arn)
	defer f.Leave()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	_ = out.Flush() // the page knows that it is connected
	sent := map[string]string{}
	send := func(event string, v any) bool {
		text, err := json.Marshal(v)
		if err != nil || string(text) == sent[event] {
			return err == nil
		}
		sent[event] = string(text)
		if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, text); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	for seen := 0; ; {
		snapshot, version, ok := f.Next(r.Context(), seen)
		if !ok {
			return
		}
		seen = version
		if snapshot.Status.Status != "" && !send("status", newRunning(&snapshot.Status, snapshot.MapRuns, snapshot.Delay)) {
			return
		}
		if !send("series", snapshot.Series) {
			return
		}
		if snapshot.Ended {
			end := map[string]string{}
			if snapshot.Err != nil {
				end["error"] = snapshot.Err.Error()
			}
			send("end", end)
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(pause):
		}
	}
}
