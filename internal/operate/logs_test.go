package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/mapjob/mapjob/internal/functionlog"
)

const crashed = "33333333-3333-3333-3333-333333333333"

// mapFailures is a stepFunctions whose Map has named a manifest, and whose definition
// is known.
type mapFailures struct {
	stepFunctions

	definition string
	redrives   int32
}

func (*mapFailures) ListMapRuns(context.Context, *sfn.ListMapRunsInput, ...func(*sfn.Options)) (*sfn.ListMapRunsOutput, error) {
	return &sfn.ListMapRunsOutput{MapRuns: []types.MapRunListItem{{MapRunArn: aws.String("arn:aws:states:eu-west-1:123456789012:mapRun:Nightly-AbC/Map:uuid")}}}, nil
}

func (m *mapFailures) DescribeMapRun(context.Context, *sfn.DescribeMapRunInput, ...func(*sfn.Options)) (*sfn.DescribeMapRunOutput, error) {
	return &sfn.DescribeMapRunOutput{RedriveCount: aws.Int32(m.redrives)}, nil
}

func (m *mapFailures) DescribeStateMachineForExecution(context.Context, *sfn.DescribeStateMachineForExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeStateMachineForExecutionOutput, error) {
	return &sfn.DescribeStateMachineForExecutionOutput{Definition: &m.definition}, nil
}

func child(input, cause string) string {
	text, _ := json.Marshal(map[string]any{"Input": input, "Error": "Runtime.ExitError", "Cause": cause, "Status": "FAILED"})
	return string(text)
}

// log is a [functionlog.Log] of lines.
type log []string

func (log) Name() string { return "workers" }

func (l log) each(wants func(*functionlog.Line) bool, do func(*functionlog.Line) error) error {
	for _, text := range l {
		if line := functionlog.Parse(text); wants(&line) {
			if err := do(&line); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l log) Search(_ context.Context, q *functionlog.Query, do func(*functionlog.Line) error) error {
	return l.each(q.Wants, do)
}

func (l log) Invocation(_ context.Context, _ *functionlog.Query, request string, do func(*functionlog.Line) error) error {
	return l.each(func(line *functionlog.Line) bool { return strings.Contains(line.Text, request) }, do)
}

// An item leads to the invocations that handled it: by its own lines, and by the error
// of its batch, which names the invocation, by value and by reference.
func TestInvocationsOfAnItem(t *testing.T) {
	cause := fmt.Sprintf(`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: %s Error: Runtime exited with error: exit status 3"}`, crashed)
	byValue := child(`{"BatchInput":{},"Items":[{"index":4,"item":{}},{"index":5,"item":{}}]}`, cause)
	byReference := child(`{"BatchInput":{},"Chunk":{"bucket":"b","key":"k","first":10,"count":5}}`, cause)
	silent := child(`{"BatchInput":{},"Items":[{"index":20,"item":{}}]}`, "no more")
	lines := log{
		fmt.Sprintf(`{"message":"item failed","execution":%q,"requestId":"r1","index":1}`, monday),
		fmt.Sprintf(`{"message":"item failed","execution":%q,"requestId":"r1","index":2}`, monday),
		`print of r1`,
		fmt.Sprintf(`{"message":"item failed","execution":%q,"requestId":"r2","index":1}`, monday),
		fmt.Sprintf(`{"message":"tried","execution":%q,"index":3}`, monday),
		"dying " + crashed,
	}
	for name, list := range map[string]string{"as lines": strings.Join([]string{byValue, byReference, silent}, "\n"), "as an array": "[" + strings.Join([]string{byValue, byReference, silent}, ",") + "]"} {
		s := &Service{API: &mapFailures{redrives: 2}, Store: objects{
			"Nightly-AbC/monday/results/uuid/Redrive-2/manifest.json": `{"DestinationBucket":"b","ResultFiles":{"SUCCEEDED":[],"FAILED":[{"Key":"results/FAILED_0"}]}}`,
			"results/FAILED_0": list,
		}}
		for item, expected := range map[int]string{
			1:  "[r1 r2] 2 lines, 4 shown of which 2 name it, 1 of others; no batch",
			3:  "[] 1 lines, 1 shown of which 1 name it, 0 of others; no batch",
			5:  "[" + crashed + "] 0 lines, 1 shown of which 0 name it, 0 of others; batch of 2 with Runtime.ExitError",
			9:  "[] 0 lines, 0 shown of which 0 name it, 0 of others; no batch",
			14: "[" + crashed + "] 0 lines, 1 shown of which 0 name it, 0 of others; batch of 5 with Runtime.ExitError",
			15: "[] 0 lines, 0 shown of which 0 name it, 0 of others; no batch",
			20: "[] 0 lines, 0 shown of which 0 name it, 0 of others; batch of 1 with Runtime.ExitError",
		} {
			shown, named := 0, 0
			found, err := s.ItemLog(t.Context(), describe(t, s), []functionlog.Log{lines}, item, func(_ *functionlog.Line, names bool) error {
				if shown++; names {
					named++
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			batch := "no batch"
			if b := found.Batch; b != nil {
				batch = fmt.Sprintf("batch of %d with %s", b.Items, b.Error)
			}
			got := fmt.Sprintf("%s %d lines, %d shown of which %d name it, %d of others; %s", found.Invocations, found.Lines, shown, named, found.Others, batch)
			if got != expected {
				t.Errorf("%s, item %d: got %s, expected %s", name, item, got, expected)
			}
		}
	}
}

func TestResultsThatCannotBeRead(t *testing.T) {
	s := &Service{API: &mapFailures{}, Store: objects{"Nightly-AbC/monday/results/uuid/manifest.json": "cut"}}
	found, err := s.ItemLog(t.Context(), describe(t, s), nil, 1, nil)
	if err != nil || found.Batch != nil || !strings.Contains(found.Unread, "s3://b/Nightly-AbC/monday/results/uuid/manifest.json") {
		t.Errorf("got %+v and error %v, expected why the batch is not known", found, err)
	}
}

// An item of a rerun has another index than it had.
func TestEarlierItemOfARerun(t *testing.T) {
	s := &Service{Store: objects{"reruns/r.errors.jsonl": `{"index":40,"error":"NoPrice"}` + "\n" + `{"index":47,"error":"Gone"}` + "\n"}}
	x := &Execution{input: `{"mapjobRerun": {"execution": "arn:earlier", "bucket": "b", "key": "reruns/r.jsonl", "count": 2}}`}
	for item, expected := range map[int]*EarlierItem{0: {"arn:earlier", 40, "NoPrice"}, 1: {"arn:earlier", 47, "Gone"}, 2: nil} {
		got, err := s.earlierItem(t.Context(), x, item)
		if err != nil || (got == nil) != (expected == nil) || got != nil && *got != *expected {
			t.Errorf("item %d: got %+v and error %v, expected %+v", item, got, err, expected)
		}
	}
}

func TestFunctionsOfTheMap(t *testing.T) {
	const function = "arn:aws:lambda:eu-west-1:123456789012:function:"
	for definition, expected := range map[string][]string{
		`{"States":{"JobStart":{"Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"start"}},
		  "Locked":{"Branches":[{"States":{"Map":{"ItemProcessor":{"States":{"Worker":{"Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"` + function + `Worker:7"}}}}}}}]},
		  "RerunMap":{"ItemProcessor":{"States":{"Worker":{"Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"` + function + `Worker:7"}}}}}}}`: {function + "Worker"},
		`{"States":{"Map":{"Iterator":{"States":{"A":{"Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"call:live"}},
		  "B":{"Resource":"` + function + `Old"},"C":{"Resource":"arn:aws:states:::sqs:sendMessage"},"D":{"Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"{% $f %}"}}}}}}}`: {function + "Old", "call"},
		`{"States":{"Only":{"Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"start"}}}}`: nil,
	} {
		s := &Service{API: &mapFailures{definition: definition}}
		got, err := s.WorkerFunctions(t.Context(), &Execution{ARN: monday, stateMachine: machine})
		if !slices.Equal(got, expected) || (err == nil) != (expected != nil) {
			t.Errorf("got %q and error %v, expected %q", got, err, expected)
		}
	}
}
