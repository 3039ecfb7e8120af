package operate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/graph"
	"github.com/mapjob/mapjob/internal/operate"
)

// sorting is a job that has a child for each item, of which those over 2 fail.
const sorting = `{"QueryLanguage": "JSONata", "StartAt": "Sort", "States": {"Sort": {"Type": "Map", "Label": "Sort", "Next": "Done",
	"Items": "{% $states.input %}", "ToleratedFailurePercentage": 100,
	"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Check", "States": {
		"Check": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input > 2 %}", "Next": "Large"}], "Default": "Small"},
		"Small": {"Type": "Pass", "End": true}, "Large": {"Type": "Fail", "Error": "Large"}}}},
	"Done": {"Type": "Succeed"}}}`

// marked returns the graph of a trace.
func marked(t *testing.T, of *operate.Traced) *graph.Graph {
	t.Helper()
	machine, err := asl.Parse(of.Definition)
	if err != nil {
		t.Fatal(err)
	}
	g := graph.New(machine)
	g.Mark(of.Trace)
	return g
}

// traced returns what happened at the states of an execution.
func traced(t *testing.T, s *operate.Service, arn string, children int) map[string]*graph.Visits {
	t.Helper()
	x, err := s.Describe(t.Context(), arn)
	if err != nil {
		t.Fatal(err)
	}
	of, err := s.Trace(t.Context(), x, operate.Children{Most: children})
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]*graph.Visits{}
	for _, n := range marked(t, of).Nodes {
		if n.Kind == graph.StateKind {
			states[n.Name] = n.Visits
		}
	}
	return states
}

func TestATraceReadsTheChildrenOfAMap(t *testing.T) {
	s := serve(t, map[string]string{"Sorting": sorting, "Express": strings.Replace(sorting, "STANDARD", "EXPRESS", 1), "Naps": naps})
	finished := func(machine, input string) string {
		t.Helper()
		arn := start(t, s, machine, "monday", input)
		if _, err := s.Watch(t.Context(), arn, func(*operate.Status) {}); err != nil {
			t.Fatal(err)
		}
		return arn
	}
	all := finished("Sorting", "[1, 2, 3, 4, 1]")
	done, items := &graph.Visits{Status: graph.Succeeded, Entered: 1, Succeeded: 1}, &graph.Items{Total: 5, Succeeded: 3, Failed: 2}
	sort := &graph.Visits{Status: graph.Succeeded, Entered: 1, Succeeded: 1, Items: items}
	if diff := cmp.Diff(map[string]*graph.Visits{
		"Sort": sort, "Done": done,
		"Check": {Status: graph.Succeeded, Entered: 5, Succeeded: 5},
		"Small": {Status: graph.Succeeded, Entered: 3, Succeeded: 3},
		"Large": {Status: graph.Failed, Entered: 2, Failed: 2},
	}, traced(t, s, all, 100)); diff != "" {
		t.Errorf("all children (-expected +got):\n%s", diff)
	}
	const some = "in 2 of 5 child executions"
	if diff := cmp.Diff(map[string]*graph.Visits{ // those that failed are first
		"Sort": sort, "Done": done,
		"Check": {Status: graph.Succeeded, Entered: 2, Succeeded: 2, Of: some},
		"Small": {Status: graph.NotReached},
		"Large": {Status: graph.Failed, Entered: 2, Failed: 2, Of: some},
	}, traced(t, s, all, 2)); diff != "" {
		t.Errorf("two children (-expected +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]*graph.Visits{"Sort": sort, "Done": done, "Check": nil, "Small": nil, "Large": nil},
		traced(t, s, finished("Express", "[1, 2, 3, 4, 1]"), 100)); diff != "" {
		t.Errorf("Express children (-expected +got):\n%s", diff)
	}
}

func TestATraceOfAnExecutionThatRuns(t *testing.T) {
	s := serve(t, map[string]string{"Naps": naps})
	arn := start(t, s, "Naps", "monday", `{"seconds": [3600, 3600]}`)
	for range 1000 {
		if states := traced(t, s, arn, 10); states["Map"].Running == 1 && states["Wait"].Running == 1 {
			return
		}
	}
	t.Error("the execution does not run in the states Map and Wait, expected that it does")
}

// unlisted does not list the children of Map Runs, as some other implementations of the API.
type unlisted struct{ operate.API }

func (u unlisted) ListExecutions(ctx context.Context, in *sfn.ListExecutionsInput, options ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	if in.MapRunArn != nil {
		return nil, errors.New("not implemented")
	}
	return u.API.ListExecutions(ctx, in, options...)
}

func TestATraceSaysWhatItLacks(t *testing.T) {
	s := serve(t, map[string]string{"Sorting": sorting})
	arn := start(t, s, "Sorting", "monday", "[1, 2, 3]")
	if _, err := s.Watch(t.Context(), arn, func(*operate.Status) {}); err != nil {
		t.Fatal(err)
	}
	x, err := s.Describe(t.Context(), arn)
	if err != nil {
		t.Fatal(err)
	}
	// Time is up after the first child that is read.
	of, err := s.Trace(t.Context(), x, operate.Children{Most: 10, Within: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range marked(t, of).Nodes {
		if n.Name == "Check" && (n.Visits == nil || n.Visits.Entered > 1) {
			t.Errorf("got %+v, expected at most one child", n.Visits)
		}
	}
	s.API = unlisted{s.API}
	of, err = s.Trace(t.Context(), x, operate.Children{Most: 10})
	if err != nil || len(of.Lacks) != 1 || !strings.Contains(of.Lacks[0], "what happened inside Sort is not known: ") || !strings.Contains(of.Lacks[0], "not implemented") {
		t.Fatalf("got %+v and %v, expected why the children are not known", of, err)
	}
	states := traced(t, s, arn, 10)
	if states["Sort"].Status != graph.Succeeded || states["Check"] != nil && states["Check"].Entered > 0 || states["Done"].Entered != 1 {
		t.Errorf("got %+v, expected the states outside the Map", states)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Trace(ctx, x, operate.Children{Most: 10}); err == nil {
		t.Error("got a trace after its end, expected an error")
	}
}
