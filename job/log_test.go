package job_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

// logLines decodes the lines of a log.
func logLines(t *testing.T, log *bytes.Buffer) (lines []map[string]any) {
	t.Helper()
	for d := json.NewDecoder(log); d.More(); {
		var line map[string]any
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestALineWithTheHandlersContextSaysWhichItemItIsAbout(t *testing.T) {
	t.Parallel()
	out := &bytes.Buffer{}
	logger := job.NewLogger(out)
	h := work(func(ctx context.Context, n int) (int, error) {
		logger.InfoContext(ctx, "plain", "n", n)
		logger.With("also", true).InfoContext(ctx, "with an attribute")
		logger.WithGroup("").WithGroup("db").With("table", "orders").WithGroup("query").InfoContext(ctx, "in groups", "n", n)
		return n, nil
	})
	jobtest.Call{Job: "nightly", Execution: "arn:x", RequestID: "req-1", First: 7}.Work(t, h, 1, 2)
	logger.InfoContext(t.Context(), "outside")
	logger.DebugContext(t.Context(), "below the level")

	lines := logLines(t, out)
	if len(lines) != 7 {
		t.Fatalf("got %d lines, expected seven", len(lines))
	}
	for i, line := range lines[:6] {
		about := map[string]any{"job": line["job"], "execution": line["execution"], "requestId": line["requestId"], "index": line["index"]}
		expected := map[string]any{"job": "nightly", "execution": "arn:x", "requestId": "req-1", "index": float64(7 + i/3)}
		if diff := cmp.Diff(expected, about); diff != "" {
			t.Errorf("line %d (-expected +got):\n%s", i, diff)
		}
	}
	if diff := cmp.Diff(map[string]any{"table": "orders", "query": map[string]any{"n": 1.0}}, lines[2]["db"]); diff != "" {
		t.Errorf("the group (-expected +got):\n%s", diff)
	}
	if lines[6]["message"] != "outside" || lines[6]["job"] != nil {
		t.Errorf("got %v, expected a line outside an invocation to be about none", lines[6])
	}
}

func TestALoggerHasTheLevelThatLambdaSets(t *testing.T) {
	t.Setenv("AWS_LAMBDA_LOG_LEVEL", "ERROR")
	out := &bytes.Buffer{}
	logger := job.NewLogger(out)
	logger.Warn("too low")
	logger.Error("high enough")
	if lines := logLines(t, out); len(lines) != 1 || lines[0]["message"] != "high enough" {
		t.Errorf("got %v, expected the error only", lines)
	}
}

func TestThePanicOfAnItemSaysWhichItemItWas(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(slog.Handler) slog.Handler{
		"any logger":                 func(h slog.Handler) slog.Handler { return h },
		"one that adds it by itself": job.LogHandler,
	} {
		out := &bytes.Buffer{}
		h := job.Work(func(context.Context, int) (int, error) { panic("boom") },
			job.Concurrency(2), job.WithLogger(slog.New(wrap(slog.NewJSONHandler(out, nil)))))
		jobtest.Call{First: 7}.Work(t, h, 1)
		if n := bytes.Count(out.Bytes(), []byte(`"index":7`)); n != 2 || bytes.Count(out.Bytes(), []byte("\n")) != 2 {
			t.Errorf("%s: got %s, expected the panic and the failure of item 7", name, out)
		}
	}
}

func TestTheKitLeavesTheDefaultLoggerAlone(t *testing.T) {
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "worker")
	was := slog.Default()
	job.Work(func(context.Context, int) (int, error) { return 0, nil })
	job.Summarize(nothing)
	if slog.Default() != was {
		t.Error("got another default logger")
	}
}
