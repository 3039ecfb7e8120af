package sfnapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine"
)

// fanOut is a job: items below zero fail, two in a batch.
const fanOut = `{"StartAt":"Map","States":{"Map":{"Type":"Map","Label":"Items","MaxConcurrency":2,"ToleratedFailurePercentage":100,"End":true,
	"ItemsPath":"$.items","ItemBatcher":{"MaxItemsPerBatch":2},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
	"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.Items[0]","NumericLessThan":0,"Next":"F"}],"Default":"P"},
	"F":{"Type":"Fail","Error":"Negative","Cause":"below zero"},"P":{"Type":"Pass","End":true}}}}}}`

var definitions = map[string]string{
	"Job":     fanOut,
	"Slow":    `{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":3600,"End":true}}}`,
	"Many":    `{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":3600,"End":true}}}`,
	"Quick":   `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`,
	"Express": `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`,
}

func client(transport http.RoundTripper, url string) *sfn.Client {
	return sfn.New(sfn.Options{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		BaseEndpoint: aws.String(url), HTTPClient: &http.Client{Transport: transport}, RetryMaxAttempts: 1})
}

// clients returns a client over HTTP and one over the service's RoundTrip.
func clients(t *testing.T, s *Service) map[string]*sfn.Client {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return map[string]*sfn.Client{"over HTTP": client(http.DefaultTransport, server.URL), "in the process": client(s, "http://stepfunctions")}
}

// refusal returns the name of an API's error.
func refusal(err error) string {
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		return refused.ErrorCode()
	}
	return fmt.Sprint(err)
}

func kinds() map[string]engine.Type {
	all := map[string]engine.Type{}
	for name := range definitions {
		all[name] = engine.Standard
	}
	all["Express"] = engine.Express
	return all
}

func must[T any](answer T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// begin starts an execution, and waits for its end if wait is true.
func begin(t *testing.T, c *sfn.Client, machine, name, input string, wait bool) string {
	t.Helper()
	ctx := t.Context()
	started := must(c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(machines + machine), Name: aws.String(name), Input: aws.String(input)}))(t)
	for wait && must(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn}))(t).Status == types.ExecutionStatusRunning {
		time.Sleep(time.Millisecond)
	}
	return *started.ExecutionArn
}

// TestTheSDKReadsAJob reads an execution while its process runs, and from its folder
// later: both have the same answers.
func TestTheSDKReadsAJob(t *testing.T) {
	folder := t.TempDir()
	s := record(t, folder, definitions, kinds())
	arn := begin(t, client(s, "http://stepfunctions"), "Job", "one", `{"items":[1,2,-3,4,5]}`, true)
	live := clients(t, s)
	for name, c := range live {
		t.Run(name, func(t *testing.T) { readsAJob(t, c, arn) })
	}
	stored, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	t.Run("of the folder", func(t *testing.T) { readsAJob(t, client(New(nil, stored), "http://stepfunctions"), arn) })
}

func readsAJob(t *testing.T, c *sfn.Client, arn string) {
	ctx := t.Context()
	x := must(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn}))(t)
	if x.Status != "SUCCEEDED" || *x.Name != "one" || *x.StateMachineArn != machines+"Job" || *x.Input != `{"items":[1,2,-3,4,5]}` || !strings.Contains(*x.Output, `"Items":[1,2]`) ||
		x.StopDate.Before(*x.StartDate) || !x.InputDetails.Included || x.RedriveStatus != "NOT_REDRIVABLE" || x.Error != nil {
		t.Errorf("got execution %+v", x)
	}
	x = must(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn, IncludedData: types.IncludedDataMetadataOnly}))(t)
	if x.Input != nil || x.Output != nil || x.Status != "SUCCEEDED" {
		t.Errorf("got execution %+v, expected no data", x)
	}

	runs := must(c.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: &arn}))(t).MapRuns
	if len(runs) != 1 || *runs[0].StateMachineArn != machines+"Job/Items" || *runs[0].ExecutionArn != arn || runs[0].StopDate == nil {
		t.Fatalf("got Map Runs %+v", runs)
	}
	run := must(c.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: runs[0].MapRunArn}))(t)
	items := types.MapRunItemCounts{Succeeded: 3, Failed: 2, Total: 5, FailuresNotRedrivable: aws.Int64(2), PendingRedrive: aws.Int64(0)}
	children := types.MapRunExecutionCounts{Succeeded: 2, Failed: 1, Total: 3, FailuresNotRedrivable: aws.Int64(1), PendingRedrive: aws.Int64(0)}
	if *run.ExecutionArn != arn || run.Status != "SUCCEEDED" || run.MaxConcurrency != 2 || run.ToleratedFailurePercentage != 100 || !sameCounts(run.ItemCounts, &items) || !sameCounts(run.ExecutionCounts, &children) {
		t.Errorf("got Map Run %+v with %+v and %+v", run, run.ItemCounts, run.ExecutionCounts)
	}

	var names []string
	failed := sfn.NewListExecutionsPaginator(c, &sfn.ListExecutionsInput{MapRunArn: runs[0].MapRunArn, MaxResults: 1})
	count := 0
	for failed.HasMorePages() {
		page := must(failed.NextPage(ctx))(t)
		for _, child := range page.Executions {
			names = append(names, *child.Name)
			count += int(*child.ItemCount)
			if *child.MapRunArn != *runs[0].MapRunArn {
				t.Errorf("got child %+v", child)
			}
		}
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != 3 || count != 5 {
		t.Errorf("got children %v with %d items, expected 3 with 5", names, count)
	}
	one := must(c.ListExecutions(ctx, &sfn.ListExecutionsInput{MapRunArn: runs[0].MapRunArn, StatusFilter: "FAILED"}))(t).Executions
	if len(one) != 1 {
		t.Fatalf("got children %+v, expected the one that failed", one)
	}
	child := must(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: one[0].ExecutionArn}))(t)
	if child.Status != "FAILED" || *child.Error != "Negative" || *child.Cause != "below zero" || *child.Input != `{"Items":[-3,4]}` || *child.MapRunArn != *runs[0].MapRunArn {
		t.Errorf("got child %+v", child)
	}
	if got := kindsOf(t, c, &sfn.GetExecutionHistoryInput{ExecutionArn: child.ExecutionArn}); got != "ExecutionStarted ChoiceStateEntered ChoiceStateExited FailStateEntered ExecutionFailed" {
		t.Errorf("got the child's events %s", got)
	}

	const forward = "ExecutionStarted MapStateEntered MapStateStarted MapRunStarted MapRunSucceeded MapStateSucceeded MapStateExited ExecutionSucceeded"
	for size := int32(1); size < 10; size++ {
		if got := kindsOf(t, c, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: size}); got != forward {
			t.Errorf("%d a page: got events %s", size, got)
		}
		reversed := strings.Fields(kindsOf(t, c, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, MaxResults: size, ReverseOrder: true}))
		slices.Reverse(reversed)
		if got := strings.Join(reversed, " "); got != forward {
			t.Errorf("%d a page, backward: got events %s, reversed", size, got)
		}
	}
	events := must(c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn}))(t).Events
	first, last := events[0], events[len(events)-1]
	if *first.ExecutionStartedEventDetails.Input != `{"items":[1,2,-3,4,5]}` || first.Id != 1 || last.PreviousEventId != last.Id-1 || last.Timestamp.Before(*first.Timestamp) {
		t.Errorf("got events %+v and %+v", first, last)
	}
	without := must(c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn, IncludeExecutionData: aws.Bool(false)}))(t).Events
	if without[0].ExecutionStartedEventDetails.Input != nil || without[1].StateEnteredEventDetails.Input != nil || *without[1].StateEnteredEventDetails.Name != "Map" {
		t.Errorf("got %+v, expected no data", without[1].StateEnteredEventDetails)
	}

	var all []string
	for _, m := range must(c.ListStateMachines(ctx, &sfn.ListStateMachinesInput{}))(t).StateMachines {
		all = append(all, *m.Name+" "+string(m.Type))
	}
	if diff := cmp.Diff([]string{"Express EXPRESS", "Job STANDARD", "Many STANDARD", "Quick STANDARD", "Slow STANDARD"}, all); diff != "" {
		t.Errorf("state machines (-expected +got):\n%s", diff)
	}
	paged := 0
	for pages := sfn.NewListStateMachinesPaginator(c, &sfn.ListStateMachinesInput{MaxResults: 2}); pages.HasMorePages(); {
		paged += len(must(pages.NextPage(ctx))(t).StateMachines)
	}
	m := must(c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(machines + "Job")}))(t)
	of := must(c.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &arn}))(t)
	if paged != 5 || *m.Definition != fanOut || *of.Definition != fanOut || m.Status != "ACTIVE" || m.RoleArn == nil {
		t.Errorf("got %d state machines in pages, and %+v", paged, m)
	}
}

// sameCounts compares counts of the same type.
func sameCounts(a, b any) bool { return fmt.Sprintf("%+v", plain(a)) == fmt.Sprintf("%+v", plain(b)) }

// plain returns counts without pointers.
func plain(counts any) any {
	switch c := counts.(type) {
	case *types.MapRunItemCounts:
		one := *c
		n, m := *one.FailuresNotRedrivable, *one.PendingRedrive
		one.FailuresNotRedrivable, one.PendingRedrive = nil, nil
		return []any{one, n, m}
	case *types.MapRunExecutionCounts:
		one := *c
		n, m := *one.FailuresNotRedrivable, *one.PendingRedrive
		one.FailuresNotRedrivable, one.PendingRedrive = nil, nil
		return []any{one, n, m}
	}
	return counts
}

// kindsOf returns the types of events, of all pages.
func kindsOf(t *testing.T, c *sfn.Client, request *sfn.GetExecutionHistoryInput) string {
	t.Helper()
	var all []string
	for pages := sfn.NewGetExecutionHistoryPaginator(c, request); pages.HasMorePages(); {
		for _, e := range must(pages.NextPage(t.Context()))(t).Events {
			all = append(all, string(e.Type))
		}
	}
	return strings.Join(all, " ")
}

func TestTheSDKListsExecutions(t *testing.T) {
	s := record(t, t.TempDir(), definitions, kinds())
	c := client(s, "http://stepfunctions")
	ctx := t.Context()
	var expected []string
	for i := range 25 {
		name := fmt.Sprintf("x%02d", i)
		begin(t, c, "Many", name, `{}`, false)
		expected = append([]string{name}, expected...)
		time.Sleep(2 * time.Millisecond) // times have milliseconds
	}
	begin(t, c, "Quick", "other", `{}`, true)
	for _, size := range []int32{0, 1, 7, 25, 1000} {
		var got []string
		for pages := sfn.NewListExecutionsPaginator(c, &sfn.ListExecutionsInput{StateMachineArn: aws.String(machines + "Many"), MaxResults: size}); pages.HasMorePages(); {
			for _, x := range must(pages.NextPage(ctx))(t).Executions {
				got = append(got, *x.Name)
			}
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("%d a page (-expected +got):\n%s", size, diff)
		}
	}
	stop := executionsARN + "Many:x07"
	stopped := must(c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &stop, Error: aws.String("Enough"), Cause: aws.String("of it")}))(t)
	x := must(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &stop}))(t)
	if x.Status != "ABORTED" || *x.Error != "Enough" || *x.Cause != "of it" || !x.StopDate.Equal(*stopped.StopDate) {
		t.Errorf("got %+v, expected it to be stopped at %v", x, stopped.StopDate)
	}
	again := must(c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &stop}))(t)
	if !again.StopDate.Equal(*stopped.StopDate) {
		t.Errorf("got %v, expected the time at which it was stopped, %v", again.StopDate, stopped.StopDate)
	}
	for filter, n := range map[types.ExecutionStatus]int{"RUNNING": 24, "ABORTED": 1, "FAILED": 0, "PENDING_REDRIVE": 0} {
		if got := must(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: aws.String(machines + "Many"), StatusFilter: filter}))(t).Executions; len(got) != n {
			t.Errorf("%s: got %d, expected %d", filter, len(got), n)
		}
	}
	for filter, n := range map[types.ExecutionRedriveFilter]int{"REDRIVEN": 0, "NOT_REDRIVEN": 25} {
		if got := must(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: aws.String(machines + "Many"), RedriveFilter: filter}))(t).Executions; len(got) != n {
			t.Errorf("%s: got %d, expected %d", filter, len(got), n)
		}
	}
}

func TestTheSDKValidatesDefinitions(t *testing.T) {
	s := record(t, t.TempDir(), nil, nil)
	c := client(s, "http://stepfunctions")
	validate := func(definition string, kind types.StateMachineType) *sfn.ValidateStateMachineDefinitionOutput {
		return must(c.ValidateStateMachineDefinition(t.Context(), &sfn.ValidateStateMachineDefinitionInput{Definition: &definition, Type: kind, MaxResults: 1}))(t)
	}
	if got := validate(fanOut, types.StateMachineTypeStandard); got.Result != "OK" || len(got.Diagnostics) != 0 {
		t.Errorf("got %+v, expected no diagnostics", got)
	}
	if got := validate(fanOut, types.StateMachineTypeExpress); got.Result != "FAIL" || !strings.HasPrefix(*got.Diagnostics[0].Location, "$.States.Map") {
		t.Errorf("an Express state machine with a Distributed Map: got %+v", got)
	}
	got := validate(`{"StartAt":"A","States":{"A":{"Type":"Pass","Bogus":1,"Other":2,"End":true}}}`, "")
	if got.Result != "FAIL" || len(got.Diagnostics) != 1 || !*got.Truncated || got.Diagnostics[0].Severity != "ERROR" || *got.Diagnostics[0].Code != "SCHEMA_VALIDATION_FAILED" {
		t.Errorf("got %+v, expected the first problem", got)
	}
	if got := validate(`{`, ""); got.Result != "FAIL" || *got.Diagnostics[0].Code != "INVALID_JSON_DESCRIPTION" {
		t.Errorf("no JSON: got %+v", got)
	}
}

// TestTheAPIRefuses has the errors of each operation's API reference.
func TestTheAPIRefuses(t *testing.T) {
	folder := t.TempDir()
	s := record(t, folder, definitions, kinds())
	c := client(s, "http://stepfunctions")
	ended := begin(t, c, "Quick", "ended", `{}`, true)
	running := begin(t, c, "Slow", "running", `{}`, false)
	ctx := t.Context()
	const run = "arn:aws:states:us-east-1:123456789012:mapRun:Job/Items:00000000-0000-4000-8000-000000000000"
	text := aws.String
	type answer = error
	first := func(_ any, err error) answer { return err }
	history := must(c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &ended, MaxResults: 1}))(t).NextToken
	for _, test := range []struct {
		name     string
		got      error
		expected string
	}{
		{"describe: no ARN", first(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: text("")})), "ValidationException"},
		{"describe: not an ARN", first(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: text("x")})), "InvalidArn"},
		{"describe: an ARN of another kind", first(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: text(machines + "Job")})), "InvalidArn"},
		{"describe: another execution", first(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: text(executionsARN + "Job:none")})), "ExecutionDoesNotExist"},
		{"describe: a child that does not exist", first(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: text(executionsARN + "Job/Items:none")})), "ExecutionDoesNotExist"},
		{"describe: other data", first(c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &ended, IncludedData: "SOME"})), "ValidationException"},
		{"start: not an ARN", first(c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: text("Job")})), "InvalidArn"},
		{"start: an ARN of another kind", first(c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &ended})), "InvalidArn"},
		{"start: the name of another input", first(c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: text(machines + "Slow"), Name: text("running"), Input: text(`1`)})), "ExecutionAlreadyExists"},
		{"stop: not an ARN", first(c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: text("x")})), "InvalidArn"},
		{"stop: another execution", first(c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: text(executionsARN + "Job:none")})), "ExecutionDoesNotExist"},
		{"stop: an Express execution", first(c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: text(strings.Replace(executionsARN, "execution", "express", 1) + "Express:a:b")})), "InvalidArn"},
		{"stop: a long error", first(c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &running, Error: text(strings.Repeat("x", 257))})), "ValidationException"},
		{"stop: a long cause", first(c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &running, Cause: text(strings.Repeat("x", 32769))})), "ValidationException"},
		{"list: neither ARN", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{})), "ValidationException"},
		{"list: both ARNs", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: text(machines + "Job"), MapRunArn: text(run)})), "ValidationException"},
		{"list: another state machine", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: text(machines + "None")})), "StateMachineDoesNotExist"},
		{"list: an Express state machine", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: text(machines + "Express")})), "StateMachineTypeNotSupported"},
		{"list: another Map Run", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{MapRunArn: text(run)})), "ResourceNotFound"},
		{"list: not an ARN", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: text("Job")})), "InvalidArn"},
		{"list: another status", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: text(machines + "Job"), StatusFilter: "DONE"})), "ValidationException"},
		{"list: another redrive filter", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: text(machines + "Job"), RedriveFilter: "DONE"})), "ValidationException"},
		{"list: more than a page may have", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: text(machines + "Job"), MaxResults: 1001})), "ValidationException"},
		{"list: a negative page", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: text(machines + "Job"), MaxResults: -1})), "ValidationException"},
		{"list: an invalid token", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: text(machines + "Job"), NextToken: text("x")})), "InvalidToken"},
		{"list: the token of another operation", first(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: text(machines + "Job"), NextToken: history})), "InvalidToken"},
		{"history: another execution", first(c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: text(executionsARN + "Job:none")})), "ExecutionDoesNotExist"},
		{"history: not an ARN", first(c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: text("x")})), "InvalidArn"},
		{"history: the token of another order", first(c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &ended, NextToken: history, ReverseOrder: true})), "InvalidToken"},
		{"history: the token of another execution", first(c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &running, NextToken: history})), "InvalidToken"},
		{"history: a large page", first(c.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &ended, MaxResults: 1001})), "ValidationException"},
		{"Map Runs: another execution", first(c.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: text(executionsARN + "Job:none")})), "ExecutionDoesNotExist"},
		{"Map Runs: an invalid token", first(c.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: &ended, NextToken: text("x")})), "InvalidToken"},
		{"Map Run: another one", first(c.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: text(run)})), "ResourceNotFound"},
		{"Map Run: not an ARN", first(c.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: text("x")})), "InvalidArn"},
		{"redrive: succeeded", first(c.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &ended})), "ExecutionNotRedrivable"},
		{"redrive: another execution", first(c.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: text(executionsARN + "Job:none")})), "ExecutionDoesNotExist"},
		{"state machine: another one", first(c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: text(machines + "None")})), "StateMachineDoesNotExist"},
		{"state machines: an invalid token", first(c.ListStateMachines(ctx, &sfn.ListStateMachinesInput{NextToken: text("x")})), "InvalidToken"},
		{"validate: nothing", first(c.ValidateStateMachineDefinition(ctx, &sfn.ValidateStateMachineDefinitionInput{Definition: text("")})), "ValidationException"},
		{"validate: another type", first(c.ValidateStateMachineDefinition(ctx, &sfn.ValidateStateMachineDefinitionInput{Definition: text(fanOut), Type: "FAST"})), "ValidationException"},
		{"another operation", first(c.UpdateMapRun(ctx, &sfn.UpdateMapRunInput{MapRunArn: text(run)})), "UnknownOperationException"},
	} {
		if got := refusal(test.got); got != test.expected {
			t.Errorf("%s: got %s, expected %s", test.name, got, test.expected)
		}
	}
	stored, err := archive.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	c = client(New(nil, stored), "http://stepfunctions")
	for name, got := range map[string]error{
		"start": first(c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: text(machines + "Slow")})),
		"stop":  first(c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &running})),
	} {
		if refusal(got) != "ServiceUnavailable" || !strings.Contains(got.Error(), "mapjob serve") {
			t.Errorf("%s without parts: got %v", name, got)
		}
	}
}
