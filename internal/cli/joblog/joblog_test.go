package joblog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/mapjob/mapjob/internal/cli/joblog"
	"github.com/mapjob/mapjob/internal/functionlog"
	"github.com/mapjob/mapjob/internal/operate"
)

var errThrottled = errors.New(`CloudWatch Logs throttles "logs:FilterLogEvents"`)

// broken is a log that has two lines before an error.
type broken struct{}

func (broken) Name() string { return "Worker" }

func (broken) Search(_ context.Context, _ *functionlog.Query, do func(*functionlog.Line) error) error {
	for i := range 2 {
		if err := do(&functionlog.Line{Index: &i, Error: "Refused", Text: "x"}); err != nil {
			return err
		}
	}
	return errThrottled
}

func (broken) Invocation(context.Context, *functionlog.Query, string, func(*functionlog.Line) error) error {
	return errThrottled
}

func TestADocumentIsWholeAfterAnError(t *testing.T) {
	for name, print := range map[string]func(context.Context, *joblog.View) error{
		"failed items": func(ctx context.Context, v *joblog.View) error { return v.Failed(ctx) },
		"an item": func(ctx context.Context, v *joblog.View) error {
			return v.Item(ctx, &operate.Service{}, 0, true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			v := &joblog.View{Out: &out, Execution: &operate.Execution{ARN: "arn", Name: "monday", Status: "RUNNING"}, Logs: []functionlog.Log{broken{}}, JSON: true}
			if err := print(t.Context(), v); !errors.Is(err, errThrottled) {
				t.Errorf("got %v, expected the error of the log", err)
			}
			var document struct {
				Lines []json.RawMessage
				Error string
			}
			if err := json.Unmarshal(out.Bytes(), &document); err != nil || document.Error != errThrottled.Error() || len(document.Lines) != 2 {
				t.Errorf("got %v for the document %s, expected the two lines and the error", err, out.Bytes())
			}
		})
	}
}
