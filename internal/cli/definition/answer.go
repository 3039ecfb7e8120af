package definition

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/plain"
	"github.com/mapjob/mapjob/internal/protocol"
)

// answer is what mapjob asl run --json prints.
type answer struct {
	Status     string          `json:"status"`
	Output     json.RawMessage `json:"output"` // null unless the status is SUCCEEDED
	Error      string          `json:"error,omitempty"`
	Cause      string          `json:"cause,omitempty"`
	StartDate  string          `json:"startDate"`
	StopDate   string          `json:"stopDate"`
	DurationMs int64           `json:"durationMs"`
	Events     int64           `json:"events"` // in the history of the execution
}

// print prints how the execution ended.
func (r *Run) print(ctx context.Context, s *terminal.Streams, x *engine.Execution) error {
	switch {
	case r.JSON:
		const milliseconds = "2006-01-02T15:04:05.000Z"
		err := terminal.PrintJSON(s.Out, answer{
			Status: x.Status, Output: x.Output, Error: x.Error, Cause: x.Cause, Events: x.Events,
			StartDate: x.Start.UTC().Format(milliseconds), StopDate: x.Stop.UTC().Format(milliseconds),
			DurationMs: x.Stop.Sub(x.Start).Milliseconds(),
		})
		if err != nil {
			return err
		}
	case x.Status == engine.Succeeded:
		pretty := &bytes.Buffer{}
		if err := json.Indent(pretty, x.Output, "", "  "); err != nil {
			return err
		}
		pretty.WriteByte('\n')
		if _, err := pretty.WriteTo(s.Out); err != nil {
			return err
		}
	}
	switch {
	case x.Status == engine.Succeeded:
		return nil
	case ctx.Err() != nil:
		return terminal.Failedf("interrupted: the execution was stopped with status %s", x.Status)
	case x.Error == "":
		return terminal.Failedf("the execution ended with status %s", x.Status)
	case x.Cause == "":
		return terminal.Failedf("the execution ended with status %s: %s", x.Status, x.Error)
	}
	return terminal.Failedf("the execution ended with status %s: %s: %s", x.Status, plain.Line(x.Error), plain.Line(protocol.CauseMessage(x.Cause)))
}
