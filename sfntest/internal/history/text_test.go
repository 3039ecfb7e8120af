package history

import (
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/engine/event"
)

func TestTextsHaveNothingThatDiffersBetweenRuns(t *testing.T) {
	t.Parallel()
	const id = "38ffff68-2123-408a-acfc-572dc29cb1fd"
	for text, expected := range map[string]string{
		`{"execution":"arn:aws:states:us-east-1:123456789012:execution:Shop-Sale:first"}`:   `{"execution":"first"}`,
		"arn:aws:states:us-east-1:123456789012:mapRun:Shop-Sale/Map:" + id:                  "ID",
		"(arn:aws-cn:lambda:cn-north-1:1:function:Shop-Charge), again":                      "(Shop-Charge), again",
		"s3://bucket/Stack-NoneStateMachine22DA13A3/execution-1/reruns/some.jsonl is there": "s3://bucket/Stack-NoneStateMachine22DA13A3/execution-1/reruns/some.jsonl is there",
		`{"token":"` + id + id + `"}`:                                                       `{"token":"TOKEN"}`,
		"items-" + id + ".jsonl":                                                            "items-ID.jsonl",
		"since 2026-11-01T02:00:00.123Z, until 2026-11-01T02:00:00+01:00":                   "since TIME, until TIME",
		"two\nlines":             "two lines",
		strings.Repeat("é", 121): strings.Repeat("é", 120) + "…",
	} {
		if got := shorten(text); got != expected {
			t.Errorf("%s: got %s, expected %s", text, got, expected)
		}
	}
}

func TestTimesAndTextsAreApart(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var lines []Line
	for _, after := range []time.Duration{0, 362_817_714 * time.Nanosecond, 24 * time.Hour} {
		lines = append(lines, Line{Event: &Event{Event: &event.Event{Type: event.TaskStateEntered, Time: start.Add(after)}, State: "Ask"}})
	}
	if got, expected := Text(lines), "0s        Ask: entered\n362.817714ms Ask: entered\n24h0m0s   Ask: entered\n"; got != expected {
		t.Errorf("got\n%s\nexpected\n%s", got, expected)
	}
}
