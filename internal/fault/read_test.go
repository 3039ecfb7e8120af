package fault_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mapjob/mapjob/internal/fault"
)

const example = `
# What goes wrong.
faults:
  - fault: crash
    when: write 3
    function: Worker
    item: 7
    attempt: 0
  - {fault: error, state: JobStart, error: Busy, cause: try later, times: 2}
  - {fault: slow, call: "dynamodb:PutItem", state: TakeLock, delay: 90s}
  - {fault: stop, state: Map, after: 5m}
  - {fault: answer, answer: [{index: 0}], invocation: 2}
seed: 4711
share:
  - {fault: lost, function: Worker, of: 0.05}
`

func zero() *int { return new(int) }

func TestAPlanInYAML(t *testing.T) {
	got, err := fault.Read([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	expected := &fault.Plan{
		Faults: []fault.Fault{
			{Fault: "crash", When: "write 3", Function: "Worker", Items: []int{7}, Attempt: zero()},
			{Fault: "error", State: "JobStart", Error: "Busy", Cause: "try later", Times: 2},
			{Fault: "slow", Call: "dynamodb:PutItem", State: "TakeLock", Delay: 90 * time.Second},
			{Fault: "stop", State: "Map", After: 5 * time.Minute},
			{Fault: "answer", Answer: json.RawMessage(`[{"index":0}]`), Invocation: 2},
		},
		Seed:  4711,
		Share: []fault.Share{{Fault: fault.Fault{Fault: "lost", Function: "Worker"}, Of: 0.05}},
	}
	if diff := cmp.Diff(expected, got, cmpopts.IgnoreUnexported(fault.Plan{})); diff != "" {
		t.Errorf("plan (-expected +got):\n%s", diff)
	}
}

// A plan that is written can be read: that is how a run is repeated.
func TestAPlanIsReadAsItWasWritten(t *testing.T) {
	plan, err := fault.Read([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	again, err := fault.Read(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(plan, again, cmpopts.IgnoreUnexported(fault.Plan{})); diff != "" {
		t.Errorf("plan (-first +again):\n%s", diff)
	}
	list, err := json.Marshal(plan.Faults)
	if err != nil {
		t.Fatal(err)
	}
	if alone, err := fault.Read(list); err != nil || !cmp.Equal(alone.Faults, plan.Faults) {
		t.Errorf("got %v and %v, expected the same faults from the list alone", alone, err)
	}
	for _, expected := range []string{`"delay": "1m30s"`, `"after": "5m"`, `"of": 0.05`, `"attempt": 0`} {
		if !strings.Contains(string(text), expected) {
			t.Errorf("got %s, expected %s in it", text, expected)
		}
	}
}

func TestWhatIsWrongWithAPlanIsInItsLine(t *testing.T) {
	for text, expected := range map[string]string{
		"faults:\n  - fault: crash\n    whem: before\n":                 `line 3: faults[0]: got the member "whem", expected any of fault, machine, `,
		"faults:\n  - {fault: crsh}\n":                                  `line 2: faults[0].fault: got "crsh", expected one of error, throttle, timeout, crash, `,
		"faults:\n  - state: A\n":                                       `line 2: faults[0].fault: got "", expected one of error, `,
		"faults:\n\n  - {fault: slow, state: A}":                        `line 3: faults[0].delay: got none with the fault slow, expected a duration such as 90s`,
		"faults:\n  - fault: slow\n    delay: 90\n":                     `line 3: faults[0].delay: got 90, expected text such as 90s, 5m or 250ms`,
		"faults:\n  - fault: slow\n    delay: soon\n":                   `line 3: faults[0].delay: got "soon", expected a duration such as 90s`,
		"faults:\n  - fault: slow\n    delay: -1s\n":                    `line 3: faults[0].delay: got "-1s", expected a duration such as 90s`,
		"faults:\n  - {fault: error, item: -1}\n":                       `line 2: faults[0].items: got [-1], expected indexes from 0`,
		"faults:\n  - {fault: error, item: a}\n":                        `line 2: faults[0].item: got "a", expected a whole number`,
		"faults:\n  - {fault: error, items: 3}\n":                       `line 2: faults[0].items: got 3, expected a list of indexes from 0`,
		"faults:\n  - {fault: error, item: 3, items: [1]}\n":            `line 2: faults[0].items: `,
		"faults:\n  - fault: error\n    attempt: -1\n":                  `line 3: faults[0].attempt: got -1, expected 0 for the first`,
		"faults:\n  - fault: error\n    times: -2\n":                    `line 3: faults[0].times: got -2, expected 1 or more, or -1 for always`,
		"faults:\n  - fault: error\n    times: 1.5\n":                   `line 3: faults[0].times: got 1.5, expected a whole number`,
		"faults:\n  - fault: error\n    invocation: -3\n":               `line 3: faults[0].invocation: got -3, expected 1 for the first`,
		"faults:\n  - fault: error\n    call: PutItem\n":                `line 3: faults[0].call: got "PutItem", expected SERVICE:OPERATION`,
		"faults:\n  - fault: error\n    call: s3:P*t\n":                 `line 3: faults[0].call: got "s3:P*t", expected SERVICE:OPERATION`,
		"faults:\n  - fault: error\n    delay: 3s\n":                    `line 3: faults[0].delay: got it with the fault error, which has no use for it, expected any of attempt, call, cause, error, `,
		"faults:\n  - fault: crash\n    call: s3:PutObject\n":           `line 3: faults[0].call: got it with the fault crash, which has no use for it`,
		"faults:\n  - fault: crash\n    when: write 0\n":                `line 3: faults[0].when: got "write 0" with the fault crash, expected before, or after, or write N, from 1`,
		"faults:\n  - fault: crash\n    when: write\n":                  `line 3: faults[0].when: got "write" with the fault crash`,
		"faults:\n  - fault: duplicate\n    when: before\n":             `line 3: faults[0].when: got "before" with the fault duplicate, expected together, or later`,
		"faults:\n  - fault: stop\n    when: after\n":                   `line 3: faults[0].when: got "after" with the fault stop, expected event N, from 1`,
		"faults:\n  - {fault: stop, when: event 3, after: 1s}\n":        `line 2: faults[0].when: got "event 3" with a state or after, expected one of them`,
		"faults:\n  - fault: stop\n    item: 3\n":                       `line 3: faults[0].items: got it with the fault stop`,
		"faults:\n  - fault: answer\n":                                  `line 2: faults[0].answer: got "" with the fault answer, expected JSON`,
		"faults:\n  - fault: large\n    bytes: -1\n":                    `line 3: faults[0].bytes: got -1, expected 1 or more`,
		"faults:\n  - fault: large\n    bytes: 100000001\n":             `line 3: faults[0].bytes: got 100000001, expected at most 100000000`,
		"faults:\n  - {fault: slow, delay: 9000h}\n":                    `line 2: faults[0].delay: got 9000h0m0s, expected at most 8784h0m0s`,
		"faults:\n  - crash\n":                                          `line 2: faults[0]: got "crash", expected an object`,
		"faults: crash\n":                                               `line 1: faults: got "crash", expected a list`,
		"fault: crash\n":                                                `line 1: got the member "fault", expected faults, seed or share`,
		"seed: -1\n":                                                    `line 1: seed: got -1, expected a whole number from 0`,
		"share:\n  - {fault: lost}\n":                                   `line 2: share[0].of: got none, expected a number from 0 to 1`,
		"share:\n  - fault: lost\n    of: 5\n":                          `line 3: share[0].of: got 5, expected a number from 0 to 1`,
		"share:\n  - {fault: lost, of: 0.5, times: 2}\n":                `line 2: share[0]: got times or invocation with of, expected of alone`,
		"{\"faults\": [\n {\"fault\": \"crash\",\n  \"item\": \"x\"}]}": `line 3: faults[0].item: got "x", expected a whole number`,
		"{\"faults\": [],\n\"faults\": []}":                             `line 2: faults: got it twice, expected one`,
		"faults:\n - {fault: crash":                                     `line 2: `,
		"":                                                              `line 1: got 0 YAML documents, expected one`,
		"12":                                                            `line 1: got 12, expected an object`,
	} {
		_, err := fault.Read([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), expected) {
			t.Errorf("%s\ngot  %v\nexpected %s", text, err, expected)
		}
	}
	_, err := fault.Read([]byte("faults:\n  - {fault: slow}\n  - {fault: crash}\n  - {fault: error, delay: 1s}\nseeds: 3\n"))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("got %v, expected three problems", err)
	}
}
