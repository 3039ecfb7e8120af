package walk_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/walk"
	"github.com/mapjob/mapjob/internal/value"
)

func parse(t *testing.T, text string) *asl.StateMachine {
	t.Helper()
	m, err := asl.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func read(t *testing.T, file string) *asl.StateMachine {
	t.Helper()
	text, err := os.ReadFile("../../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text))
}

// The jobs of mapjob. An execution without items enters and records what its own path
// does, which is as counted by hand.
func TestJobs(t *testing.T) {
	const job, reference, inline = "by-value standard", "by-reference standard", "inline none"
	for name, expected := range map[string]struct {
		entries, events float64
		child, item     string
		setup           string
		calls           string
	}{
		"minimal":                 {8, 25, "Worker", "", job + " 100 245760 396 100", "Summary:summary Worker:worker"},
		"given-buckets":           {8, 25, "Worker", "", job + " 100 245760 394 100", "Summary:summary Worker:worker"},
		"object-list":             {8, 25, "Worker", "", job + " 100 245760 396 100", "Summary:summary Worker:worker"},
		"one-at-a-time":           {11, 39, "Worker", "", job + " 100 245760 396 100", "Summary:summary Worker:worker"},
		"everything":              {12, 47, "Worker", "", "by-value express 500 200000 398 1000", "JobStart:job start Summary:summary Worker:worker"},
		"callback":                {8, 25, "EachItem", "Worker", job + " 1 245760 396 100", "Summary:summary Worker:worker"},
		"processor":               {8, 25, "EachItem", "Processor", job + " 20 100000 396 100", "Summary:summary"},
		"by-reference":            {8, 28, "Worker", "", reference + " 5000 0 0 100", "JobStart:job start Summary:summary Worker:worker"},
		"chunks-of-a-source":      {10, 32, "Worker", "", reference + " 1000 0 0 100", "JobStart:chunker Summary:summary Worker:worker"},
		"functions-with-settings": {10, 32, "Worker", "", reference + " 1000 0 0 100", "JobStart:chunker Summary:summary Worker:worker"},
		"inline":                  {7, 24, "Worker", "", inline + " 1 0 0 5", "JobStart:job start Summary:summary Worker:worker"},
		"inline-minimal":          {6, 16, "Worker", "", inline + " 1 0 0 40", "Worker:worker"},
		"inline-with-reruns":      {8, 23, "Worker", "", inline + " 1 0 0 40", "Summary:summary Worker:worker"},
		"invoicing":               {11, 42, "Worker", "", job + " 100 245760 391 100", "JobStart:job start Summary:summary Worker:worker"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := "constructs/mapjob"
			if name == "invoicing" {
				folder = "test"
			}
			shape, setup, err := walk.Shape(read(t, folder+"/testdata/"+name+"-definition_1.snap.json"), walk.Facts{})
			if err != nil {
				t.Fatal(err)
			}
			counts := plan.Count(plan.Workload{}, setup, shape)
			if counts.Transitions != expected.entries || counts.ParentEvents != expected.events {
				t.Errorf("got %v states entered and %v events, expected %v and %v", counts.Transitions, counts.ParentEvents, expected.entries, expected.events)
			}
			if got := names(shape.Child); got != expected.child {
				t.Errorf("got the states %s in a child, expected %s", got, expected.child)
			}
			if got := names(shape.PerItem); got != expected.item {
				t.Errorf("got the states %s for an item, expected %s", got, expected.item)
			}
			got := fmt.Sprint(setup.Passing, " ", setup.Children, " ", setup.Batch, " ", setup.BatchBytes, " ", setup.Overhead, " ", setup.MaxConcurrency)
			if got != expected.setup {
				t.Errorf("got the setup %s, expected %s", got, expected.setup)
			}
			if calls := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(shape.Calls), "map["), "]"); calls != expected.calls {
				t.Errorf("got the calls %s, expected %s", calls, expected.calls)
			}
			var uncounted []string
			var verdict plan.Tolerance
			switch name {
			case "everything":
				uncounted = []string{"state NotifySucceeded: what arn:${AWS::Partition}:states:::aws-sdk:sns:publish costs is not counted"}
				verdict = plan.Tolerance{Count: 1000, Percentage: 2.5}
			case "inline-minimal": // which has no summary
				uncounted = []string{"state Map: how many failures the job tolerates is not counted"}
				verdict.Percentage = 100
			case "inline":
				verdict.Percentage = 50
			case "object-list":
				verdict.Count = 5
			case "invoicing":
				verdict.Percentage = 10
			}
			if shape.Foreign || shape.Verdict == nil || *shape.Verdict != verdict {
				t.Errorf("got foreign %v and the verdict %v, expected a job that tolerates %v", shape.Foreign, shape.Verdict, verdict)
			}
			if diff := cmp.Diff(uncounted, shape.Uncounted); diff != "" {
				t.Errorf("uncounted (-expected +got):\n%s", diff)
			}
		})
	}
}

func names(steps []plan.Step) string {
	var list []string
	for _, s := range steps {
		list = append(list, s.State)
	}
	return strings.Join(list, " ")
}

// What is not a job of mapjob: the path, and what the definition does not tell.
func TestOtherDefinitions(t *testing.T) {
	const each = `"Each": {"Type": "Map", "MaxConcurrency": 10, "ItemProcessor": {"StartAt": "Do", "States": {"Do": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:do", "End": true}}}`
	for name, c := range map[string]struct {
		definition string
		choices    map[string]string
		path       string
		entries    float64 // without items
		events     float64
		uncounted  []string
	}{
		"a Map alone": {definition: `"StartAt": "Each", "States": {` + each + `, "End": true}}`, path: "Each", entries: 1, events: 6},
		"the way that succeeds": {
			definition: `"StartAt": "Check", "States": {"Check": {"Type": "Choice", "Choices": [{"Variable": "$.ok", "BooleanEquals": true, "Next": "Each"}], "Default": "No"},
				"No": {"Type": "Fail", "Error": "No"}, ` + each + `, "Next": "Done"}, "Done": {"Type": "Succeed"}}`,
			path: "Check Each Done", entries: 3, events: 10},
		"the way that is given": {
			definition: `"StartAt": "Check", "States": {"Check": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "Long"}], "Default": "Each"},
				"Long": {"Type": "Wait", "Seconds": 60, "Next": "Each"}, ` + each + `, "End": true}}`,
			choices: map[string]string{"Check": "Long"}, path: "Check Long Each", entries: 3, events: 10},
		"a loop that asks until something is done": {
			definition: `"StartAt": "Pause", "States": {"Pause": {"Type": "Wait", "SecondsPath": "$.s", "Next": "Ask"},
				"Ask": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:getJobRun", "Parameters": {"JobName": "j", "RunId": "r"}, "Next": "Done"},
				"Done": {"Type": "Choice", "Choices": [{"Variable": "$.s", "StringEquals": "OK", "Next": "Each"}], "Default": "Pause"}, ` + each + `, "End": true}}`,
			choices: map[string]string{"Done": "Pause"}, // as it was most often
			path:    "Pause Ask Done Each", entries: 4, events: 15,
			uncounted: []string{"state Pause: how long it waits is known only when it runs",
				"state Ask: what arn:aws:states:::aws-sdk:glue:getJobRun costs is not counted", "state Done: may lead back to Pause: the loop is counted once"}},
		"a Map in a branch, and others": {
			definition: `"StartAt": "All", "States": {"All": {"Type": "Parallel", "Branches": [{"StartAt": "Each", "States": {` + each + `, "End": true}}},
				{"StartAt": "Job", "States": {"Job": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, "End": true}}}], "Next": "Last"},
				"Last": {"Type": "Map", "ItemProcessor": {"StartAt": "Rest", "States": {"Rest": {"Type": "Pass", "End": true}}}, "End": true}}`,
			path: "All Last", entries: 5, events: 2 + 4 + 4 + 6 + 4 + 2 + 2,
			uncounted: []string{"state Job: how long arn:aws:states:::glue:startJobRun.sync takes, and what it costs, is not counted",
				"state All: its branches run at once, and their times are added up",
				"state Last: how many items it has is known only when it runs: one is counted"}},
		"a Map over a list in the definition": {
			definition: `"QueryLanguage": "JSONata", "StartAt": "Some", "States": {"Some": {"Type": "Map", "Items": [1, 2, 3], "ItemProcessor": {"StartAt": "Rest", "States": {"Rest": {"Type": "Pass", "End": true}}}, "Next": "Run"},
				"Run": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Do", "States": {"Do": {"Type": "Pass", "End": true}}}, "End": true}}`,
			path: "Some Run", entries: 5, events: 2 + 4 + 3*4 + 6},
		"a Distributed Map after another": {
			definition: `"QueryLanguage": "JSONata", "StartAt": "Run", "States": {"Run": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Do", "States": {"Do": {"Type": "Pass", "End": true}}}, "Next": "Again"},
				"Again": {"Type": "Map", "Items": [1, 2, 3], "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "Rest", "States": {"Rest": {"Type": "Pass", "End": true}}}, "End": true}}`,
			path: "Run Again", entries: 2, events: 2 + 6 + 6,
			uncounted: []string{"state Again: its child executions are not counted: the plan is for those of Run"}},
		"a Catch that leads back to its own state": {
			definition: `"StartAt": "Try", "States": {"Try": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "try"}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Pause"}], "Next": "Each"},
				"Pause": {"Type": "Wait", "SecondsPath": "$.s", "Next": "Try"}, ` + each + `, "End": true}}`,
			path: "Try Each", entries: 2, events: 2 + 5 + 4,
			uncounted: []string{"state Try: how long its function takes, and what that costs, is not counted"}},
		"a Choice that leads to itself": {
			definition: `"StartAt": "Each", "States": {` + each + `, "Next": "Again"}, "Again": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "Done"}], "Default": "Again"}, "Done": {"Type": "Succeed"}}`,
			path:       "Each Again Done", entries: 3, events: 2 + 4 + 2 + 2, uncounted: []string{"state Again: may lead back to Again: the loop is counted once"}},
		"a Map over a list, with waits": {
			definition: `"QueryLanguage": "JSONata", "StartAt": "Some", "States": {"Some": {"Type": "Map", "Items": [1, 2], "ItemProcessor": {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 5, "End": true}}}, "Next": "Run"},
				"Run": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Do", "States": {"Do": {"Type": "Pass", "End": true}}}, "End": true}}`,
			path: "Some Run", entries: 4, events: 2 + 4 + 2*4 + 6, uncounted: []string{"state Some: its iterations run at once, and their times are added up"}},
		"a worker in one of two branches": {
			definition: `"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": [
				{"StartAt": "Do", "States": {"Do": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "do"}, "End": true}}},
				{"StartAt": "Other", "States": {"Other": {"Type": "Pass", "End": true}}}], "End": true}}}, "End": true}}`,
			path: "Each", entries: 1, events: 2 + 4, uncounted: []string{"state Both: what follows if the worker fails for good in it is not counted"}},
		"an answer that comes later": {
			definition: `"StartAt": "Approve", "States": {"Approve": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}, "Next": "Each"}, ` + each + `, "End": true}}`,
			path:       "Approve Each", entries: 2, events: 2 + 6 + 4,
			uncounted: []string{"state Approve: how long arn:aws:states:::sqs:sendMessage.waitForTaskToken takes, and what it costs, is not counted"}},
	} {
		t.Run(name, func(t *testing.T) {
			shape, setup, err := walk.Shape(parse(t, "{"+c.definition+"}"), walk.Facts{Choices: c.choices})
			if err != nil {
				t.Fatal(err)
			}
			counts := plan.Count(plan.Workload{}, setup, shape)
			if !shape.Foreign || shape.Verdict != nil {
				t.Errorf("got foreign %v and the verdict %v, expected no job of mapjob", shape.Foreign, shape.Verdict)
			}
			if got := names(shape.Parent); got != c.path || counts.Transitions != c.entries || counts.ParentEvents != c.events {
				t.Errorf("got the path %s with %v states entered and %v events, expected %s with %v and %v", got, counts.Transitions, counts.ParentEvents, c.path, c.entries, c.events)
			}
			if diff := cmp.Diff(c.uncounted, shape.Uncounted); diff != "" {
				t.Errorf("uncounted (-expected +got):\n%s", diff)
			}
		})
	}
}

func TestCallsHaveTheirRetriesAndTheWayAfterACatch(t *testing.T) {
	shape, _, err := walk.Shape(read(t, "constructs/mapjob/testdata/inline-definition_1.snap.json"), walk.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	call := shape.Child[0].Call
	if call == nil || call.Role != plan.Worker || call.Service != "lambda" || names(call.Caught) != "ItemFailed" {
		t.Fatalf("got the call %+v, expected one of the worker that leads to ItemFailed if it fails", call)
	}
	throttled := plan.Retrier{Errors: throttles(), Interval: time.Second, MaxAttempts: 12, Backoff: 2, MaxDelay: 5 * time.Minute, Jitter: true}
	if diff := cmp.Diff(&throttled, call.Retrier(plan.Throttled)); diff != "" {
		t.Errorf("retrier of a call that is throttled (-expected +got):\n%s", diff)
	}
	if r := call.Retrier(plan.Crash); r == nil || r.MaxAttempts != 2 {
		t.Errorf("got %+v for a crash, expected 2 attempts", r)
	}
}

func throttles() []string {
	return []string{"Lambda.TooManyRequestsException", "Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"}
}

func TestFacts(t *testing.T) {
	m := read(t, "constructs/mapjob/testdata/minimal-definition_1.snap.json")
	_, usual, err := walk.Shape(m, walk.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	_, short, err := walk.Shape(m, walk.Facts{StateMachine: "m", Execution: "e"})
	// BatchInput has both names in the ARN of the execution and in a prefix.
	if saved := usual.Overhead - short.Overhead; err != nil || saved != 2*(42-1)+2*(36-1) {
		t.Errorf("got %v and a batch that is %d bytes shorter with short names, expected %d", err, saved, 2*(42-1)+2*(36-1))
	}
	_, small, err := walk.Shape(m, walk.Facts{Variables: map[string]any{"jobRerun": value.NewObject("batchSize", value.Number("7"))}})
	if err != nil || small.Batch != 7 {
		t.Errorf("got %v and batches of %d, expected the 7 of the rerun", err, small.Batch)
	}
	shape, _, err := walk.Shape(m, walk.Facts{Roles: map[string]plan.Role{"${WorkerFunction.Arn}": "mine"}})
	if err != nil || shape.Calls["Worker"] != "mine" {
		t.Errorf("got %v and the roles %v, expected the one that was given", err, shape.Calls)
	}
}

func TestShapeRefuses(t *testing.T) {
	const definition = `{"StartAt": "Check", "States": {"Check": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "A"}], "Default": "B"},
		"A": {"Type": "Pass", "End": true}, "B": {"Type": "Pass", "End": true}}}`
	for expected, choices := range map[string]map[string]string{
		"state machine: got no Map state on the way to its end, expected one":       nil,
		`state "Chek": got no Choice state of this name, expected one of ["Check"]`: {"Chek": "A"},
		`state "A": got no Choice state of this name, expected one of ["Check"]`:    {"A": "B"},
		`state Check: got the next state "C", expected one of ["B" "A"]`:            {"Check": "C"},
	} {
		if _, _, err := walk.Shape(parse(t, definition), walk.Facts{Choices: choices}); err == nil || err.Error() != expected {
			t.Errorf("got %v, expected %s", err, expected)
		}
	}
	if shape, _, err := walk.Shape(read(t, "constructs/mapjob/testdata/minimal-definition_1.snap.json"), walk.Facts{}); err != nil || !slices.Contains(shape.Assumed, "CheckItems") {
		t.Errorf("got %v and assumed %v, expected that the structure decided CheckItems", err, shape.Assumed)
	}
}

// Tasks that go on if one of them fails: the ways after their failures are not walked
// from each other.
func TestManyCatchesTakeNoTime(t *testing.T) {
	var states strings.Builder
	for i := range 60 {
		fmt.Fprintf(&states, `"T%d": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:deleteItem", "Parameters": {"TableName": "t", "Key": {}}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "T%d"}], "Next": "T%d"},`, i, i+1, i+1)
	}
	shape, _, err := walk.Shape(parse(t, `{"StartAt": "T0", "States": {`+states.String()+`"T60": {"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}, "End": true}}}`), walk.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	first := shape.Parent[0].Call
	if len(shape.Parent) != 61 || len(first.Caught) != 60 || first.Caught[0].Call.Caught != nil {
		t.Errorf("got %d states, %d after a failure of the first, expected 61 and 60, without ways after a second failure", len(shape.Parent), len(first.Caught))
	}
}

// The Map of a child is over the items of its batch, or over something else.
func TestMapsInChildren(t *testing.T) {
	const pass = `"ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}, "End": true`
	for name, c := range map[string]struct{ language, inner, item, uncounted string }{
		"the items, in JSONata":      {"JSONata", `"Items": "{% $states.input.Items %}"`, "P", ""},
		"the items, in JSONPath":     {"JSONPath", `"ItemsPath": "$.Items"`, "P", ""},
		"a list in an item":          {"JSONPath", `"ItemsPath": "$.Items[0].lines"`, "", "state Inner: how many items it has is known only when it runs: one is counted"},
		"something that is computed": {"JSONata", `"Items": "{% $states.input.Items.lines %}"`, "", "state Inner: how many items it has is known only when it runs: one is counted"},
		"a list in the definition":   {"JSONata", `"Items": [1, 2]`, "", ""},
	} {
		shape, _, err := walk.Shape(parse(t, `{"QueryLanguage": "`+c.language+`", "StartAt": "Run", "States": {"Run": {"Type": "Map", "ItemBatcher": {"MaxItemsPerBatch": 10}, "End": true,
			"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Inner", "States": {"Inner": {"Type": "Map", `+c.inner+`, `+pass+`}}}}}}`), walk.Facts{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Join(shape.Uncounted, ""); names(shape.PerItem) != c.item || got != c.uncounted {
			t.Errorf("%s: got the states %q for each item and uncounted %q, expected %q and %q", name, names(shape.PerItem), got, c.item, c.uncounted)
		}
	}
}

// Of two Maps over the items of a batch, only the first counts for each item.
func TestTwoMapsOverABatch(t *testing.T) {
	inner := func(name, next string) string {
		return `"` + name + `": {"Type": "Map", "Items": "{% $states.input.Items %}", "Output": "{% $states.input %}", "ItemProcessor": {"StartAt": "P` + name + `", "States": {"P` + name + `": {"Type": "Pass", "End": true}}}, ` + next + `}`
	}
	shape, _, err := walk.Shape(parse(t, `{"QueryLanguage": "JSONata", "StartAt": "Run", "States": {"Run": {"Type": "Map", "ItemBatcher": {"MaxItemsPerBatch": 10}, "End": true,
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "A", "States": {`+inner("A", `"Next": "B"`)+`, `+inner("B", `"End": true`)+`}}}}}`), walk.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	expected := []string{"state B: how many items it has is known only when it runs: one is counted"}
	if diff := cmp.Diff(expected, shape.Uncounted); diff != "" || names(shape.PerItem) != "PA" || names(shape.Child) != "A B" {
		t.Errorf("got the states %s for each item of %s, uncounted (-expected +got):\n%s", names(shape.PerItem), names(shape.Child), diff)
	}
}
