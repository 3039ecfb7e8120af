package injection

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/fault"
)

const jobARN, otherARN, workerARN = "arn:aws:states:us-east-1:123456789012:stateMachine:Job", "arn:aws:states:us-east-1:123456789012:stateMachine:Other", "arn:aws:lambda:us-east-1:123456789012:function:Stack-Worker"

// jobDefinition has a state of each kind that matters.
const jobDefinition = `{"StartAt":"TakeLock","States":{
	"TakeLock":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:putItem","Next":"IsRerun","Catch":[{"Next":"Busy"}]},
	"IsRerun":{"Type":"Choice","Choices":[{"Next":"ReadRerun"}],"Default":"JobStart"},
	"ReadRerun":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"Stack-Start"},"Next":"Map"},
	"JobStart":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"Stack-Start"},"Next":"Check"},
	"Check":{"Type":"Choice","Choices":[{"Next":"Map"}],"Default":"TooMany"},
	"TooMany":{"Type":"Fail"},
	"Map":{"Type":"Map","Next":"Each","ResultWriter":{},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED"},"StartAt":"Worker","States":{
		"Worker":{"Type":"Task","Resource":"` + workerARN + `","End":true,"Catch":[{"Next":"ItemFailed"}]},"ItemFailed":{"Type":"Pass","End":true}}}},
	"Each":{"Type":"Map","Next":"Both","ItemProcessor":{"StartAt":"Notify","States":{"Notify":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","End":true}}}},
	"Both":{"Type":"Parallel","Next":"Nap","Branches":[{"StartAt":"Left","States":{"Left":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:lambda:invoke","Arguments":{"FunctionName":"{% $f %}"},"End":true}}}]},
	"Nap":{"Type":"Wait","Seconds":1,"Next":"Look"},
	"Look":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:listExecutions","Next":"Other"},
	"Other":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Arguments":{"StateMachineArn":"` + otherARN + `"},"Next":"Done"},
	"Done":{"Type":"Succeed"},
	"Busy":{"Type":"Fail"}}}`

func places() *Places {
	return Find([]Machine{
		{fault.Name{Path: "Shop/Job", ID: "ShopJob1"}, jobARN, jobDefinition},
		{fault.Name{Path: "Broken"}, "arn:broken", "{"},
	}, []Function{
		{fault.Name{Path: "Shop/Worker", ID: "ShopWorker1"}, "Stack-Worker", workerARN},
		{fault.Name{Path: "JobStart"}, "Stack-Start", "arn:aws:lambda:us-east-1:123456789012:function:Stack-Start"},
		{fault.Name{Path: "Consumer"}, "Stack-Worker2", workerARN + "2"},
	})
}

func TestStatesHavePaths(t *testing.T) {
	var paths []string
	for _, n := range places().Names().States {
		paths = append(paths, n.Path)
	}
	const expected = "Both Both/Left Busy Check Done Each Each/Notify IsRerun JobStart Look Map Map/ItemFailed Map/Worker Nap Other ReadRerun TakeLock TooMany"
	if got := strings.Join(paths, " "); got != expected {
		t.Errorf("got states %s, expected %s", got, expected)
	}
}

func TestWhatCantStrikeIsRefusedWithTheReason(t *testing.T) {
	p := places()
	p.Replace("ReadRerun", "something else answers")
	for expected, faults := range map[string][]fault.Fault{
		"": {
			{Fault: "error"}, {Fault: "error", State: "TakeLock"}, {Fault: "slow", State: "Each/Notify"}, {Fault: "crash", State: "JobStart"}, {Fault: "crash", State: "Map/Worker"},
			{Fault: "duplicate", State: "Left"}, {Fault: "stop"}, {Fault: "stop", State: "Nap"}, {Fault: "stop", State: "Notify"}, {Fault: "redriven"}, {Fault: "redriven", State: "Map"},
			{Fault: "throttle", Call: "s3:PutObject"}, {Fault: "lost", Call: "sqs:*"}, {Fault: "throttle", Call: "sns:Publish"}, {Fault: "timeout", State: "TakeLock"},
			{Fault: "error", State: "TakeLock", Machine: "Job"},
		},
		"time is that of this machine":                 {{Fault: "expire"}, {Fault: "expire", State: "Map"}},
		"the state has the type Map, expected a Task":  {{Fault: "error", State: "Map"}, {Fault: "crash", State: "Each"}},
		"the state has the type Fail, expected a Task": {{Fault: "error", State: "Busy"}},
		"the engine itself answers":                    {{Fault: "error", State: "Look"}, {Fault: "slow", State: "Other"}},
		"the state invokes no function":                {{Fault: "crash", State: "TakeLock"}, {Fault: "large", State: "Notify"}, {Fault: "answer", State: "TakeLock"}, {Fault: "duplicate", State: "TakeLock"}},
		"a child of a Map Run can't be stopped":        {{Fault: "stop", State: "Worker"}, {Fault: "stop", State: "Map/ItemFailed"}},
		"no Distributed Map with a ResultWriter":       {{Fault: "redriven", State: "Each"}, {Fault: "redriven", State: "TakeLock"}},
		"something else answers":                       {{Fault: "error", State: "ReadRerun"}},
		"there is no such state":                       {{Fault: "error", State: "TakeLock", Machine: "Broken"}},
		"on this machine only calls of tasks":          {{Fault: "error", Call: "events:PutEvents"}, {Fault: "error", Call: "glue:*"}},
	} {
		for _, f := range faults {
			if got := p.Reason(&f); !strings.Contains(got, expected) || (expected == "") != (got == "") {
				t.Errorf("%s: got %q, expected %q", f, got, expected)
			}
		}
	}
	none := Find(nil, nil)
	for _, f := range []fault.Fault{{Fault: "stop"}, {Fault: "redriven"}, {Fault: "error", Call: "s3:PutObject"}} {
		if none.Reason(&f) == "" {
			t.Errorf("%s: got no reason in a stack without state machines and functions, expected one", f)
		}
	}
}

// Most numbers draw from what most runs come to.
func TestSitesOfARun(t *testing.T) {
	p := places()
	p.Replace("ReadRerun", "something else answers")
	struck := func(rare bool) map[string]bool {
		found := map[string]bool{}
		sites := p.Sites("Shop/Job", 3, rare)
		for seed := range uint64(3000) {
			for _, f := range sites.Draw(seed, Kinds(), 3) {
				found[f.State] = true
				if err := f.Check(); err != nil {
					t.Fatal(err)
				}
				if reason := p.Reason(&f); reason != "" {
					t.Fatalf("%s was drawn: %s", f, reason)
				}
				if f.Fault == "expire" || f.Fault == "timeout" || len(f.Items) > 0 && (f.Items[0] > 2 || f.State != "Map/Worker" && f.State != "Each/Notify") {
					t.Fatalf("got %+v, expected no such fault", f)
				}
				if f.Attempt != nil && *f.Attempt > 0 {
					found["a retry"] = true
				}
			}
		}
		return found
	}
	usual, all := struck(false), struck(true)
	for _, state := range []string{"TakeLock", "JobStart", "Map", "Map/Worker", "Each", "Each/Notify", "Both", "Both/Left", "Nap", "Look", "Other"} {
		if !usual[state] || !all[state] {
			t.Errorf("got no fault in %s, expected some", state)
		}
		delete(usual, state)
		delete(all, state)
	}
	if len(usual) != 0 {
		t.Errorf("got faults in %v, expected none in states to which few runs come", usual)
	}
	if !all["a retry"] || !all["ReadRerun"] || all["Busy"] || all["Check"] {
		t.Errorf("got faults in %v too, expected retries and tasks", all)
	}
	events := map[string]bool{}
	for seed := range uint64(300) {
		for _, f := range Find(nil, p.functions).Sites("", 0, false).Draw(seed, Kinds(), 3) {
			events[f.Function] = true
		}
	}
	if len(events) != 3 {
		t.Errorf("got faults of %v, expected the three functions of a stack without a state machine", events)
	}
}

func TestStateMachinesThatAreStarted(t *testing.T) {
	machine := func(arn, starts string) Machine { return Machine{ARN: arn, Definition: `{"x":"` + starts + `"}`} }
	all := []Machine{machine("arn:a", "arn:b"), machine("arn:b", "arn:c"), machine("arn:c", "arn:a"), machine("arn:d", "arn:a"), machine("arn:bc", "")}
	for arn, expected := range map[string]string{"arn:a": "[arn:a arn:b arn:c]", "arn:d": "[arn:a arn:b arn:c arn:d]", "arn:bc": "[arn:bc]", "arn:none": "[]"} {
		var got []string
		for _, m := range Started(arn, all) {
			got = append(got, m.ARN)
		}
		slices.Sort(got)
		if fmt.Sprint(got) != expected {
			t.Errorf("%s: got %v, expected %s", arn, got, expected)
		}
	}
}
