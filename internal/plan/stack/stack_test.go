package stack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/stack"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/template/templatetest"
)

// object is a JSON object.
type object = map[string]any

// resources returns the resources of a job's snapshots: the template, and the definition
// that belongs to its state machine.
func resources(t *testing.T, name string) object {
	t.Helper()
	snapshot := func(kind string) []byte {
		text, err := os.ReadFile("../../../" + name + "-" + kind + "_1.snap.json")
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var all object
	if err := json.Unmarshal(snapshot("template"), &all); err != nil {
		t.Fatal(err)
	}
	if whole, ok := all["Resources"].(object); ok { // else it is a snapshot of the resources alone
		all = whole
	}
	substitutions := object{"AWS::Partition": "aws"}
	for id, r := range all {
		name := id[:max(0, len(id)-8)] // without the hash
		substitutions[name], substitutions[name+".Arn"] = object{"Ref": id}, object{"Fn::GetAtt": []any{id, "Arn"}}
		if r := r.(object); r["Type"] != "AWS::StepFunctions::StateMachine" && r["Type"] != "AWS::Lambda::Function" {
			delete(substitutions, name+".Arn") // it may have none
		}
	}
	for _, r := range all {
		if r := r.(object); r["Type"] == "AWS::StepFunctions::StateMachine" {
			properties := r["Properties"].(object)
			properties["DefinitionString"], properties["DefinitionSubstitutions"] = string(snapshot("definition")), substitutions
		}
	}
	return all
}

func jobs(t *testing.T, resources object) []stack.Job {
	t.Helper()
	s, _ := templatetest.Stack(t, resources, nil)
	found, err := stack.Jobs(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func only(t *testing.T, resources object) stack.Job {
	t.Helper()
	found := jobs(t, resources)
	if len(found) != 1 || found[0].Err != nil {
		t.Fatalf("got %d jobs with the errors %v, expected one without", len(found), found[0].Err)
	}
	return found[0]
}

// describe writes the settings of the job's functions.
func describe(s *plan.Setup) string {
	var list []string
	for _, role := range slices.Sorted(maps.Keys(s.Memory)) {
		list = append(list, fmt.Sprint(role, " ", s.Memory[role], " MB ", s.Timeout[role]))
	}
	return strings.Join(list, ", ")
}

func TestTheSampleHasItsFunctionsAndItsSchedule(t *testing.T) {
	t.Parallel()
	job := only(t, resources(t, "test/testdata/invoicing"))
	if got, expected := describe(&job.Setup), "job start 256 MB 15m0s, summary 256 MB 15m0s, worker 256 MB 1m0s"; got != expected {
		t.Errorf("got the functions %s, expected %s", got, expected)
	}
	setup := job.Setup
	setup.Memory, setup.Timeout, setup.Overhead = nil, nil, 0
	expected := plan.Setup{Passing: plan.ByValue, Children: plan.Standard, Batch: 100, BatchBytes: 245760, MaxConcurrency: 100, ItemsAtOnce: 1,
		Architecture: "arm64", Traced: true, ExecutionTimeout: 24 * time.Hour}
	if diff := cmp.Diff(expected, setup); diff != "" {
		t.Errorf("setup (-expected +got):\n%s", diff)
	}
	if math.Abs(job.RunsPerMonth-30.4375) > 1e-9 || job.Region != "us-east-1" || job.Expected != nil || len(job.Unknown) > 0 {
		t.Errorf("got %v runs a month in %s, expected %v, unknown %q, expected 30.4375 in us-east-1, nothing expected, nothing unknown",
			job.RunsPerMonth, job.Region, job.Expected, job.Unknown)
	}
}

// Every job of the constructs' snapshots can be planned, with functions of known sizes.
func TestJobsOfTheConstructs(t *testing.T) {
	t.Parallel()
	const (
		worker     = "worker 256 MB 1m0s"
		accountant = "summary 1024 MB 15m0s"
		chunker    = "chunker 1024 MB 15m0s"
		summary    = "summary 256 MB 1m0s"
		jobStart   = "job start 256 MB 1m0s"
	)
	for name, expected := range map[string][]string{
		"minimal":                 {accountant, worker},
		"given-buckets":           {accountant, worker},
		"object-list":             {accountant, worker},
		"one-at-a-time":           {accountant, worker},
		"callback":                {accountant, worker},
		"processor":               {accountant},
		"everything":              {jobStart, summary, worker},
		"by-reference":            {jobStart, summary, worker},
		"chunks-of-a-source":      {chunker, accountant, worker},
		"functions-with-settings": {chunker, accountant, worker},
		"inline":                  {jobStart, summary, worker},
		"inline-minimal":          {worker},
		"inline-with-reruns":      {summary, worker},
	} {
		job := only(t, resources(t, "constructs/mapjob/testdata/"+name))
		if got, expected := describe(&job.Setup), strings.Join(expected, ", "); got != expected || len(job.Unknown) > 0 {
			t.Errorf("%s: got the functions %s and unknown %q, expected %s", name, got, job.Unknown, expected)
		}
	}
}

// minimal returns the resources of a small stack.
func minimal(settings, function object) object {
	machine := object{"DefinitionString": `{"StartAt":"Map","States":{"Map":{"Type":"Map","Label":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"Do","States":{"Do":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"${F}","Payload.$":"$"},"End":true}}}}}}`,
		"DefinitionSubstitutions": object{"F": object{"Fn::GetAtt": []any{"Function", "Arn"}}}}
	maps.Copy(machine, settings)
	return object{
		"Machine":  object{"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
		"Function": object{"Type": "AWS::Lambda::Function", "Properties": function},
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		machine, function object
		expected          func(*stack.Job)
	}{
		"defaults of Lambda": {expected: func(j *stack.Job) {}},
		"of a function": {function: object{"MemorySize": 512, "Timeout": 30, "Architectures": []any{"arm64"}, "ReservedConcurrentExecutions": 7}, expected: func(j *stack.Job) {
			j.Setup.Memory[plan.Worker], j.Setup.Timeout[plan.Worker], j.Setup.Architecture, j.Setup.Reserved = 512, 30*time.Second, "arm64", 7
		}},
		"a log with data": {machine: object{"LoggingConfiguration": object{"Level": "ALL", "IncludeExecutionData": true}}, expected: func(j *stack.Job) { j.Setup.LogData = true }},
		"a log of errors": {machine: object{"LoggingConfiguration": object{"Level": "ERROR", "IncludeExecutionData": true}}, expected: func(j *stack.Job) {
			j.Unknown = []string{"the log of its executions is not counted: its level is ERROR"}
		}},
		"no log": {machine: object{"LoggingConfiguration": object{"Level": "OFF"}}, expected: func(j *stack.Job) {}},
		"traces": {machine: object{"TracingConfiguration": object{"Enabled": true}}, expected: func(j *stack.Job) { j.Setup.Traced = true }},
		"a function by its name": {machine: object{"DefinitionSubstitutions": object{"F": object{"Ref": "Function"}}}, function: object{"MemorySize": 256}, expected: func(j *stack.Job) {
			j.Setup.Memory[plan.Worker] = 256
		}},
		"a function of another stack": {machine: object{"DefinitionSubstitutions": object{"F": "arn:aws:lambda:us-east-1:123456789012:function:Stack-Function2"}}, expected: func(j *stack.Job) {
			j.Unknown = []string{"state Do: the function that it invokes is not in the app: its memory and its timeout are not known"}
			j.Setup.Memory, j.Setup.Timeout, j.Setup.Architecture = map[plan.Role]int{}, map[plan.Role]time.Duration{}, ""
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := only(t, minimal(c.machine, c.function))
			expected := stack.Job{Name: "Machine", ARN: "arn:aws:states:us-east-1:123456789012:stateMachine:Stack-Machine", Region: "us-east-1", Setup: plan.Setup{
				Passing: plan.ByValue, Children: plan.Standard, Batch: 1, ItemsAtOnce: 1, Architecture: "x86_64",
				Memory: map[plan.Role]int{plan.Worker: 128}, Timeout: map[plan.Role]time.Duration{plan.Worker: 3 * time.Second}}}
			c.expected(&expected)
			got.Machine, got.Shape = nil, plan.Shape{}
			if diff := cmp.Diff(expected, got); diff != "" {
				t.Errorf("(-expected +got):\n%s", diff)
			}
		})
	}
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	to := func(id string) object { return object{"Arn": object{"Ref": id}} }
	scheduler := func(expression string, more object) object {
		properties := object{"ScheduleExpression": expression, "Target": to("Machine")}
		maps.Copy(properties, more)
		return object{"Type": "AWS::Scheduler::Schedule", "Properties": properties}
	}
	starter := object{"Type": "AWS::StepFunctions::StateMachine", "Metadata": object{protocol.StarterMetadata: true}, "Properties": object{
		"DefinitionString":        `{"StartAt":"Start","States":{"Start":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution","Parameters":{"StateMachineArn":"${M}"},"End":true}}}`,
		"DefinitionSubstitutions": object{"M": object{"Ref": "Machine"}}}}
	for name, c := range map[string]struct {
		more     object
		runs     float64
		unknown  string
		expected string // error
	}{
		"none":                  {more: object{}},
		"each hour":             {more: object{"A": scheduler("rate(1 hour)", nil)}, runs: 24 * 365.25 / 12},
		"two":                   {more: object{"A": scheduler("rate(1 day)", nil), "B": scheduler("rate(2 days)", nil)}, runs: 1.5 * 365.25 / 12},
		"that is off":           {more: object{"A": scheduler("rate(1 hour)", object{"State": "DISABLED"})}},
		"of another":            {more: object{"A": scheduler("rate(1 hour)", object{"Target": to("Function")})}},
		"a rule":                {more: object{"A": object{"Type": "AWS::Events::Rule", "Properties": object{"ScheduleExpression": "rate(1 day)", "Targets": []any{to("Function"), to("Machine")}}}}, runs: 365.25 / 12},
		"a rule for events":     {more: object{"A": object{"Type": "AWS::Events::Rule", "Properties": object{"EventPattern": object{}, "Targets": []any{to("Machine")}}}}},
		"by another machine":    {more: object{"A": scheduler("rate(1 day)", object{"Target": to("Starter")}), "Starter": starter}, runs: 365.25 / 12},
		"with an unknown value": {more: object{"A": scheduler("rate(1 day)", object{"Target": object{"Arn": object{"Fn::GetAtt": []any{"Function", "No"}}}})}, unknown: "schedule A: whether it starts the job is not known: "},
		"that is wrong":         {more: object{"A": scheduler("rate(one day)", nil)}, expected: "job Machine: schedule A: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := minimal(nil, nil)
			maps.Copy(all, c.more)
			got := jobs(t, all)
			if len(got) != 1 {
				t.Fatalf("got %d jobs, expected one", len(got))
			}
			if c.expected != "" {
				if got[0].Err == nil || !strings.HasPrefix(got[0].Err.Error(), c.expected) {
					t.Errorf("got the error %v, expected one that begins with %q", got[0].Err, c.expected)
				}
				return
			}
			if got[0].Err != nil || math.Abs(got[0].RunsPerMonth-c.runs) > 1e-9 {
				t.Errorf("got %v runs a month and the error %v, expected %v", got[0].RunsPerMonth, got[0].Err, c.runs)
			}
			if unknown := strings.Join(got[0].Unknown, ""); !strings.HasPrefix(unknown, c.unknown) || (c.unknown == "") != (unknown == "") {
				t.Errorf("got unknown %q, expected %q", unknown, c.unknown)
			}
		})
	}
}

func TestMachinesThatCanNotBePlanned(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ machine, expected string }{
		"Express":        {`{"StateMachineType":"EXPRESS"}`, "job Machine: got an Express state machine, expected a Standard one"},
		"without a Map":  {`{"DefinitionString":"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"}`, "job Machine: state machine: got no Map state"},
		"that is broken": {`{"DefinitionString":"{}"}`, "job Machine: "},
		"without one":    {`{"DefinitionString":""}`, "job Machine: got 0 of DefinitionString"},
	} {
		var settings object
		if err := json.Unmarshal([]byte(c.machine), &settings); err != nil {
			t.Fatal(err)
		}
		got := jobs(t, minimal(settings, nil))
		if len(got) != 1 || got[0].Err == nil || !strings.HasPrefix(got[0].Err.Error(), c.expected) {
			t.Errorf("%s: got %v, expected an error that begins with %q", name, got, c.expected)
		}
	}
	s, _ := templatetest.Stack(t, object{}, nil)
	if _, err := stack.Jobs(s, nil); err == nil || err.Error() != "stack Stack has no state machine, expected one" {
		t.Errorf("got the error %v of a stack without a state machine", err)
	}
}

func TestWhatAJobIsExpectedToDo(t *testing.T) {
	t.Parallel()
	all := minimal(nil, nil)
	all["Machine"].(object)["Metadata"] = object{protocol.ExpectedMetadata: object{"items": 5000, "itemBytes": 200, "itemMs": 12.5}}
	job := only(t, all)
	if job.Expected == nil || *job.Expected != (protocol.Expected{Items: 5000, ItemBytes: 200, ItemMs: 12.5}) {
		t.Errorf("got %+v, expected 5,000 items of 200 bytes and 12.5 ms", job.Expected)
	}
}

// A function that a child calls after the worker has its own memory, and no say in what
// the worker runs on.
func TestASecondFunctionOfAChild(t *testing.T) {
	t.Parallel()
	all := minimal(object{"DefinitionString": `{"StartAt":"Map","States":{"Map":{"Type":"Map","Label":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"Do","States":{"Do":{"Type":"Task","Resource":"${F}","Next":"Store"},"Store":{"Type":"Task","Resource":"${G}","End":true}}}}}}`,
		"DefinitionSubstitutions": object{"F": object{"Fn::GetAtt": []any{"Function", "Arn"}}, "G": object{"Fn::GetAtt": []any{"Second", "Arn"}}}},
		object{"MemorySize": 256, "Architectures": []any{"arm64"}})
	all["Second"] = object{"Type": "AWS::Lambda::Function", "Properties": object{"MemorySize": 1024, "Timeout": 9, "ReservedConcurrentExecutions": 5}}
	job := only(t, all)
	got := fmt.Sprint(describe(&job.Setup), ", ", job.Setup.Architecture, " ", job.Setup.Reserved)
	if expected := "arn:aws:lambda:us-east-1:123456789012:function:Stack-Second 1024 MB 9s, worker 256 MB 3s, arm64 0"; got != expected {
		t.Errorf("got %s, expected %s", got, expected)
	}
}
