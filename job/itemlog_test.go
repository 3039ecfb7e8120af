package job_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

// failedLines returns the lines of a log about items that failed or were not started,
// without their times. Lines about panics are not among them.
func failedLines(t *testing.T, log *bytes.Buffer) (lines []map[string]any) {
	t.Helper()
	for _, line := range logLines(t, log) {
		if message := line["message"]; message == "item failed" || message == "items not started" {
			delete(line, "timestamp")
			lines = append(lines, line)
		}
	}
	return lines
}

// Every item that failed has a line, however it failed, and no other item has one.
func TestALineSaysOfEachItemThatItFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		defer outlast()
		log := &bytes.Buffer{}
		h := job.Work(func(ctx context.Context, deed string) (string, error) {
			switch deed {
			case "named":
				return "", job.Errorf("NoPrice", "secret")
			case "busy":
				return "", job.Retryable(errors.New("secret"))
			case "panic":
				panic("secret")
			case "exit":
				runtime.Goexit()
			case "hang":
				time.Sleep(24 * time.Hour)
			}
			return deed, nil
		}, job.WithLogger(job.NewLogger(log)))
		jobtest.Call{Execution: "arn:x", RequestID: "r1", First: 10, Timeout: time.Minute}.Work(t, h,
			"fine", "named", "busy", 7, "fine", "panic", "exit", "hang", "not started", "not started")
		about := func(message, name string, more map[string]any) map[string]any {
			line := map[string]any{"level": "ERROR", "message": message, "error": name, "job": "test", "execution": "arn:x", "requestId": "r1"}
			maps.Copy(line, more)
			return line
		}
		expected := []map[string]any{
			about("item failed", "NoPrice", map[string]any{"index": 11.0, "attempt": 1.0}),
			about("item failed", "Error", map[string]any{"index": 12.0, "attempt": 3.0}),
			about("item failed", job.ErrorInvalidInput, map[string]any{"index": 13.0}),
			about("item failed", job.ErrorPanic, map[string]any{"index": 15.0, "attempt": 1.0}),
			about("item failed", job.ErrorHandlerExited, map[string]any{"index": 16.0, "attempt": 1.0}),
			about("item failed", job.ErrorDeadline, map[string]any{"index": 17.0}),
			about("items not started", job.ErrorDeadline, map[string]any{"first": 18.0, "last": 19.0, "count": 2.0}),
		}
		if strings.Contains(log.String(), "secret") {
			t.Errorf("got %s, expected no causes", log)
		}
		if diff := cmp.Diff(expected, failedLines(t, log)); diff != "" {
			t.Errorf("(-expected +got):\n%s", diff)
		}
	})
}

func TestALineAboutAFailedItemIsShort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options []job.WorkOption
		hasData bool
	}{{nil, false}, {[]job.WorkOption{job.LogData()}, true}} {
		log := &bytes.Buffer{}
		h := work(func(context.Context, int) (int, error) {
			return 0, job.Errorf(strings.Repeat("\x01é", 10_000), "%s", strings.Repeat("\x01é", 10_000))
		}, append(c.options, job.WithLogger(job.NewLogger(log)))...)
		jobtest.Work(t, h, 1)
		size := log.Len()
		lines := failedLines(t, log)
		if len(lines) != 1 || size > 8<<10 {
			t.Fatalf("got %d lines of %d bytes, expected one of less than 8 KiB", len(lines), size)
		}
		name, _ := lines[0]["error"].(string)
		cause, hasCause := lines[0]["cause"].(string)
		if !strings.HasSuffix(name, "…") || hasCause != c.hasData || hasCause && !strings.HasSuffix(cause, "…") {
			t.Errorf("got a name of %d and a cause of %d bytes, expected the beginning of the name and a cause: %t", len(name), len(cause), c.hasData)
		}
	}
}

func TestAnItemWhoseResultDoesNotFitHasALine(t *testing.T) {
	t.Parallel()
	log := &bytes.Buffer{}
	h := work(func(_ context.Context, size int) (string, error) { return strings.Repeat("x", size), nil }, job.WithLogger(job.NewLogger(log)))
	jobtest.Work(t, h, 10, 300_000, 10)
	if lines := failedLines(t, log); len(lines) != 1 || lines[0]["index"] != 1.0 || lines[0]["error"] != job.ErrorResultTooLarge {
		t.Errorf("got %v, expected one line about item 1", lines)
	}
}

// A chunk may have millions of items that were not started, and a line of each would
// take longer than there is time.
func TestItemsOfAChunkThatWereNotStartedHaveOneLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		input := chunked(t, "unstarted", n, n)[0]
		log := &bytes.Buffer{}
		h := work(func(ctx context.Context, i int) (int, error) {
			if i%2 == 1 {
				<-ctx.Done()
				return 0, fmt.Errorf("waiting: %w", ctx.Err())
			}
			return i, nil
		}, job.WithLogger(job.NewLogger(log)))
		if _, err := (jobtest.Call{Timeout: time.Minute}).Invoke(h, []byte(input)); err != nil {
			t.Fatal(err)
		}
		lines := failedLines(t, log)
		if len(lines) != 2 || lines[0]["index"] != 1.0 || lines[1]["first"] != 2.0 || lines[1]["last"] != 999.0 || lines[1]["count"] != 998.0 {
			t.Errorf("got %v, expected a line about the item that ran and one about the others", lines)
		}
	})
}

func TestTheLineOfACallbackThatFailedHasTheIndex(t *testing.T) {
	t.Setenv("AWS_LAMBDA_RUNTIME_API", "localhost:1")
	log := &bytes.Buffer{}
	h := job.Callback(func(context.Context, int, string) error { return job.Errorf("NoBank", "closed") }, job.WithLogger(slog.New(slog.NewJSONHandler(log, nil))))
	_, err := h.Invoke(t.Context(), []byte(`{"BatchInput": {"job": {"name": "pay"}, "execution": "arn:x"}, "Items": [{"index": 7, "item": 1}], "TaskToken": "t"}`))
	lines := logLines(t, log)
	if err == nil || len(lines) != 1 || lines[0]["index"] != 7.0 || lines[0]["error"] != "NoBank" || lines[0]["execution"] != "arn:x" {
		t.Errorf("got %v and error %v, expected a line about item 7", lines, err)
	}
}
