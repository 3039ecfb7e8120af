package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/value"
)

// fails checks the error of an execution that has to fail.
func fails(t *testing.T, x *engine.Execution, name, cause string) {
	t.Helper()
	if x.Status != engine.Failed || x.Error != name || !strings.Contains(x.Cause, cause) {
		t.Errorf("got %s %s %q, expected FAILED %s %q", x.Status, x.Error, x.Cause, name, cause)
	}
}

func task(fields string) string {
	caught := ""
	if strings.Contains(fields, `"Caught"`) {
		caught = `,"Caught":{"Type":"Pass","End":true}`
	}
	return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Next":"Done"` + fields + `},
		"Done":{"Type":"Succeed"}` + caught + `}}`
}

// failing answers with an error the given number of times, then succeeds.
func failing(times int, name string) engine.Integration {
	return engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
		if times > 0 {
			times--
			return engine.Answer{Err: &engine.TaskError{Name: name, Cause: "cause"}}
		}
		return engine.Answer{Output: "done"}
	})
}

func TestJSONPathDataFlow(t *testing.T) {
	x := run(t, `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,
		"InputPath":"$.order","Parameters":{"id.$":"$.id","by.$":"$$.State.Name"},"ResultSelector":{"got.$":"$.id"},"ResultPath":"$.result","OutputPath":"$.result"}}}`,
		`{"order":{"id":7}}`, engine.WithIntegration(lambda, payload))
	succeeds(t, x, `{"got":7}`)
}

func TestAssignSeesTheVariablesOfBefore(t *testing.T) {
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"A","States":{
		"A":{"Type":"Pass","Assign":{"n":1},"Next":"B"},
		"B":{"Type":"Pass","Assign":{"n":"{% $n + 1 %}","m":"{% $n %}"},"Output":{"n":"{% $n %}"},"Next":"C"},
		"C":{"Type":"Pass","Output":["{% $states.input.n %}","{% $n %}","{% $m %}"],"End":true}}}`, `{}`)
	succeeds(t, x, `[1,2,1]`)
}

func TestInnerVariablesStayInside(t *testing.T) {
	x := run(t, `{"StartAt":"A","States":{
		"A":{"Type":"Pass","Assign":{"x":1},"Next":"M"},
		"M":{"Type":"Map","ItemsPath":"$.l","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"y.$":"$"},"Parameters":{"x.$":"$x"},"Next":"J"},
			"J":{"Type":"Pass","Parameters":{"x.$":"$.x","y.$":"$y"},"End":true}}},"Next":"Z"},
		"Z":{"Type":"Pass","Parameters":{"l.$":"$","y.$":"$y"},"End":true}}}`, `{"l":["a","b"]}`)
	fails(t, x, "States.Runtime", "$y")
}

func TestRetryThenCatch(t *testing.T) {
	for _, c := range []struct {
		fields   string
		failures int
		name     string
		output   string
	}{
		{`,"Retry":[{"ErrorEquals":["Busy"],"MaxAttempts":2}]`, 2, "Busy", `"done"`},
		{`,"Retry":[{"ErrorEquals":["States.TaskFailed"],"MaxAttempts":1}]`, 1, "Busy", `"done"`},
		{`,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":0}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Caught"}]`, 1, "Busy", `{"Error":"Busy","Cause":"cause"}`},
		{`,"Retry":[{"ErrorEquals":["Busy"],"MaxAttempts":1}],"Catch":[{"ErrorEquals":["Busy"],"ResultPath":"$.e","Next":"Caught"}]`, 2, "Busy", `{"a":1,"e":{"Error":"Busy","Cause":"cause"}}`},
		{`,"Catch":[{"ErrorEquals":["Busy"],"ResultPath":null,"Next":"Caught"}]`, 1, "Busy", `{"a":1}`},
	} {
		x := run(t, task(c.fields), `{"a":1}`, engine.WithIntegration(lambda, failing(c.failures, c.name)))
		succeeds(t, x, c.output)
	}
}

func TestEachRetrierCountsItsOwnAttempts(t *testing.T) {
	names := []string{"A", "B", "A", "B", "A"}
	calls := 0
	x := run(t, task(`,"Retry":[{"ErrorEquals":["A"],"MaxAttempts":2},{"ErrorEquals":["B"],"MaxAttempts":2}]`), `{}`,
		engine.WithIntegration(lambda, engine.ImmediateFunc(func(*engine.Request) engine.Answer {
			calls++
			return engine.Answer{Err: &engine.TaskError{Name: names[calls-1]}}
		})))
	fails(t, x, "A", "")
	if calls != 5 {
		t.Errorf("got %d calls, expected 5", calls)
	}
}

func TestStatesAllDoesNotCatchRuntimeErrors(t *testing.T) {
	x := run(t, task(`,"Parameters":{"x.$":"$.missing"},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Caught"}]`), `{}`, engine.WithIntegration(lambda, payload))
	fails(t, x, "States.Runtime", "The JSONPath '$.missing' specified for the field 'x.$' could not be found in the input '{}'")
}

func TestTaskTimesOut(t *testing.T) {
	slow := engine.ImmediateFunc(func(*engine.Request) engine.Answer { return engine.Answer{Output: 1.0, Takes: time.Minute} })
	x := run(t, task(`,"TimeoutSeconds":5,"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"Caught"}]`), `{}`, engine.WithIntegration(lambda, slow))
	succeeds(t, x, `{"Error":"States.Timeout","Cause":""}`)
	if took := x.Stop.Sub(x.Start); took != 5*time.Second {
		t.Errorf("got %v, expected 5s", took)
	}
}

func TestExecutionTimesOut(t *testing.T) {
	x := run(t, `{"TimeoutSeconds":10,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`, `{}`)
	if x.Status != engine.TimedOut || x.Stop.Sub(x.Start) != 10*time.Second {
		t.Errorf("got %s after %v, expected TIMED_OUT after 10s", x.Status, x.Stop.Sub(x.Start))
	}
	x = run(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":600,"End":true}}}`, `{}`, engine.WithType(engine.Express))
	if x.Status != engine.TimedOut || x.Stop.Sub(x.Start) != 5*time.Minute {
		t.Errorf("got %s after %v, expected an Express execution to time out after 5m", x.Status, x.Stop.Sub(x.Start))
	}
}

func TestCallbacks(t *testing.T) {
	const definition = `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","HeartbeatSeconds":10,
		"Parameters":{"token.$":"$$.Task.Token"},"End":true}}}`
	sqs := func(answer func(*engine.Callback)) engine.Option {
		return engine.WithIntegration("arn:aws:states:::sqs:*", engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
			if token, _ := r.Parameters.(*value.Object).Get("token"); token != r.Callback.Token {
				t.Errorf("got the token %v, expected %s", token, r.Callback.Token)
			}
			answer(r.Callback)
			return engine.Answer{Output: "sent"}
		}))
	}
	succeeds(t, run(t, definition, `{}`, sqs(func(c *engine.Callback) { c.Success("answer") })), `"answer"`)
	fails(t, run(t, definition, `{}`, sqs(func(c *engine.Callback) { c.Failure("No", "because") })), "No", "because")
	var callback *engine.Callback
	x := run(t, definition, `{}`, sqs(func(c *engine.Callback) {
		if callback = c; c.Over() {
			t.Error("got a callback that is over before the task has begun to wait")
		}
	}))
	fails(t, x, "States.Timeout", "")
	if !callback.Over() {
		t.Error("got a callback that is not over, expected it to be when the task's time is up")
	}
	if took := x.Stop.Sub(x.Start); took != 10*time.Second {
		t.Errorf("got a timeout after %v, expected 10s without a heartbeat", took)
	}
}

func TestCallbackFromAnotherGoroutine(t *testing.T) {
	machine, err := asl.Parse([]byte(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","TimeoutSeconds":60,"End":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(machine, engine.WithIntegration("arn:aws:states:::sqs:*", engine.IntegrationFunc(func(_ context.Context, r *engine.Request) (any, error) {
		go func() {
			r.Callback.Heartbeat()
			time.Sleep(5 * time.Millisecond)
			r.Callback.Success("later")
		}()
		return "sent", nil
	})))
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Run(context.Background(), []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	succeeds(t, x, `"later"`)
}

func TestNestedExecutions(t *testing.T) {
	child, err := asl.Parse([]byte(`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.fail","IsPresent":true,"Next":"F"}],"Default":"P"},"F":{"Type":"Fail","Error":"Bad","Cause":"input"},"P":{"Type":"Wait","Seconds":30,"End":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Child"
	definition := func(pattern string) string {
		return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution` + pattern + `","Parameters":{"StateMachineArn":"` + arn + `","Input.$":"$","Name":"n"},"OutputPath":"$.Output","End":true}}}`
	}
	known := engine.WithStateMachine(arn, child, engine.Standard)
	succeeds(t, run(t, definition(".sync:2"), `{"a":1}`, known), `{"a":1}`)
	succeeds(t, run(t, definition(".sync"), `{"a":1}`, known), `"{\"a\":1}"`)
	fails(t, run(t, definition(".sync"), `{"fail":1}`, known), "States.TaskFailed", `"Error":"Bad"`)
}

func TestParallelGivesOutputsInOrder(t *testing.T) {
	x := run(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":5,"Next":"A2"},"A2":{"Type":"Pass","Result":"a","End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Pass","Result":"b","End":true}}}]}}}`, `{}`)
	succeeds(t, x, `["a","b"]`)
}

func TestFailingBranchStopsTheOthers(t *testing.T) {
	var events []string
	x := run(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"No","Catch":[{"ErrorEquals":["Bad"],"Next":"Caught"}],"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":500,"End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":5,"Next":"F"},"F":{"Type":"Fail","Error":"Bad","Cause":"b"}}}]},
		"No":{"Type":"Fail"},"Caught":{"Type":"Pass","End":true}}}`, `{}`, engine.WithHistory(func(e event.Event) { events = append(events, string(e.Type)) }))
	succeeds(t, x, `{"Error":"Bad","Cause":"b"}`)
	if took := x.Stop.Sub(x.Start); took != 5*time.Second {
		t.Errorf("got %v, expected 5s", took)
	}
	expected := "ExecutionStarted ParallelStateEntered ParallelStateStarted WaitStateEntered WaitStateEntered WaitStateExited FailStateEntered WaitStateAborted ParallelStateFailed ParallelStateExited PassStateEntered PassStateExited ExecutionSucceeded"
	if got := strings.Join(events, " "); got != expected {
		t.Errorf("got %s, expected %s", got, expected)
	}
}

func TestMapRunsAtMostMaxConcurrency(t *testing.T) {
	running, most := 0, 0
	integration := engine.WithIntegration(lambda, engine.ImmediateFunc(func(r *engine.Request) engine.Answer {
		running++
		most = max(most, running)
		return engine.Answer{Output: r.Parameters, Takes: time.Second}
	}))
	for _, mode := range []string{`"Mode":"INLINE"`, `"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"`} {
		running, most = 0, 0
		x := run(t, `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":3,"End":true,"ItemProcessor":{"ProcessorConfig":{`+mode+`},
			"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}}}}`, `[1,2,3,4,5,6,7]`,
			integration, engine.WithHistory(func(e event.Event) {
				if e.Type == event.TaskSucceeded {
					running--
				}
			}))
		succeeds(t, x, `[1,2,3,4,5,6,7]`)
		if most != 3 || x.Stop.Sub(x.Start) != 3*time.Second {
			t.Errorf("%s: got %d at once in %v, expected 3 in 3s", mode, most, x.Stop.Sub(x.Start))
		}
	}
}

// observed keeps what a MapObserver is told.
type observed struct {
	started  []engine.MapRunInfo
	total    int
	children []engine.ChildResult
	ended    []engine.MapRunResult
}

func (o *observed) Started(run engine.MapRunInfo)      { o.started = append(o.started, run) }
func (o *observed) Counted(total int)                  { o.total = total }
func (o *observed) ChildDone(child engine.ChildResult) { o.children = append(o.children, child) }
func (o *observed) Ended(run engine.MapRunResult)      { o.ended = append(o.ended, run) }

func tolerant(fields string) string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":1,"End":true,"ItemBatcher":{"MaxItemsPerBatch":2}` + fields + `,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.Items[0]","NumericLessThan":0,"Next":"F"}],"Default":"P"},"F":{"Type":"Fail","Error":"Negative"},"P":{"Type":"Pass","End":true}}}}}}`
}

func TestToleratedFailures(t *testing.T) {
	const input = `[1,2,-3,4,5,6,-7,8]`
	for _, c := range []struct {
		fields string
		error  string
		items  engine.MapRunCounts
	}{
		{``, "States.ExceedToleratedFailureThreshold", engine.MapRunCounts{Succeeded: 2, Failed: 2, Pending: 4, Total: 8}},
		{`,"ToleratedFailureCount":2`, "States.ExceedToleratedFailureThreshold", engine.MapRunCounts{Succeeded: 4, Failed: 4, Total: 8}},
		{`,"ToleratedFailureCount":4`, "", engine.MapRunCounts{Succeeded: 4, Failed: 4, Total: 8}},
		{`,"ToleratedFailurePercentage":50`, "", engine.MapRunCounts{Succeeded: 4, Failed: 4, Total: 8}},
		{`,"ToleratedFailurePercentage":49.9`, "States.ExceedToleratedFailureThreshold", engine.MapRunCounts{Succeeded: 4, Failed: 4, Total: 8}},
	} {
		var o observed
		x := run(t, tolerant(c.fields), input, engine.WithMapObserver(&o))
		if x.Error != c.error {
			t.Errorf("%s: got %s %s, expected %q", c.fields, x.Status, x.Error, c.error)
		}
		if len(o.ended) != 1 || o.ended[0].Items != c.items {
			t.Errorf("%s: got the counts %+v, expected %+v", c.fields, o.ended, c.items)
		}
	}
}

func TestObserverCountsEveryItemOnce(t *testing.T) {
	var o observed
	run(t, tolerant(`,"ToleratedFailurePercentage":100`), `[1,2,-3,4,5]`, engine.WithMapObserver(&o))
	seen := make([]int, 5)
	for _, child := range o.children {
		for i := range child.Items {
			seen[child.First+i]++
		}
	}
	if !slices.Equal(seen, []int{1, 1, 1, 1, 1}) || o.total != 5 || len(o.started) != 1 || o.started[0].Items != 5 {
		t.Errorf("got items %v, total %d, started %+v, expected each of 5 once", seen, o.total, o.started)
	}
}

func TestBatchesStayUnderTheBytes(t *testing.T) {
	x := run(t, `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemBatcher":{"MaxInputBytesPerBatch":40},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
		"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`, `["aaaaaaaaaa","bbbbbbbbbb","cccccccccc"]`)
	// {"Items":["aaaaaaaaaa","bbbbbbbbbb"]} has 37 bytes, a third item would make 50.
	succeeds(t, x, `[{"Items":["aaaaaaaaaa","bbbbbbbbbb"]},{"Items":["cccccccccc"]}]`)
}

func TestHistoryLimit(t *testing.T) {
	const loop = `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.stop","IsPresent":true,"Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}`
	x := run(t, loop, `{}`)
	fails(t, x, "States.Runtime", "The execution reached the maximum number of history events (25000).")
	if x.Events != 25000 {
		t.Errorf("got %d events, expected 25000", x.Events)
	}
}

func TestPayloadLimit(t *testing.T) {
	long := `"` + strings.Repeat("x", 200_000) + `"`
	definition := `{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","Output":"{% $states.input & $states.input %}","End":true}}}`
	fails(t, run(t, definition, long), "States.DataLimitExceeded", "size exceeding the maximum number of bytes service limit")
	if x := run(t, definition, long, engine.WithLimits(engine.Limits{})); x.Status != engine.Succeeded {
		t.Errorf("got %s %s, expected success without limits", x.Status, x.Cause)
	}
}

func TestSeedRepeatsARun(t *testing.T) {
	record := func(seed uint64) string {
		var text strings.Builder
		x := run(t, `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","End":true,"Items":[1,2,3],"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
			"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Output":"{% $random() %}","Retry":[{"ErrorEquals":["Busy"],"JitterStrategy":"FULL","MaxAttempts":5}],"End":true}}}}}}`, `{}`,
			engine.WithSeed(seed), engine.WithIntegration(lambda, failing(4, "Busy")), engine.WithHistory(func(e event.Event) {
				encoded, err := e.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				text.Write(encoded)
			}))
		return fmt.Sprintf("%s%s", text.String(), x.Output)
	}
	if a, b := record(1), record(1); a != b {
		t.Errorf("got two runs of one seed\n%s\nand\n%s, expected them to be equal", a, b)
	}
	if record(1) == record(2) {
		t.Error("got equal runs of two seeds, expected them to differ")
	}
}

func TestPreviousEventsFormAChain(t *testing.T) {
	previous := map[int64]int64{}
	var kinds []string
	run(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}]}}}`, `{}`,
		engine.WithHistory(func(e event.Event) {
			previous[e.ID] = e.PreviousID
			kinds = append(kinds, fmt.Sprintf("%d<%d %s", e.ID, e.PreviousID, e.Type))
		}))
	expected := []string{"1<0 ExecutionStarted", "2<0 ParallelStateEntered", "3<2 ParallelStateStarted", "4<3 PassStateEntered", "5<4 PassStateExited",
		"6<3 PassStateEntered", "7<6 PassStateExited", "8<7 ParallelStateSucceeded", "9<7 ParallelStateExited", "10<9 ExecutionSucceeded"}
	if !slices.Equal(kinds, expected) {
		t.Errorf("got %q, expected %q", kinds, expected)
	}
}

func TestWaitUntil(t *testing.T) {
	x := run(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","TimestampPath":"$.t","End":true}}}`, `{"t":"2026-03-14T03:59:00+01:00"}`)
	if took := x.Stop.Sub(x.Start); took != time.Hour {
		t.Errorf("got %v, expected 1h", took)
	}
}

func TestItemReaders(t *testing.T) {
	store := &memory{objects: map[string]string{
		"b/a.csv":   "id|name\n1|\"x|y\"\n2\n",
		"b/a.json":  `{"deep":{"list":[1,2,3]},"rest":[4]}`,
		"b/p/1.txt": "1", "b/p/2.txt": "22",
		"b/l/1.jsonl": "{\"n\":1}\n{\"n\":2}\n", "b/l/2.jsonl": "{\"n\":3}\n",
	}}
	definition := func(resource, config, arguments string) string {
		return `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"MaxConcurrency":1,"ItemReader":{"Resource":"arn:aws:states:::s3:` + resource + `"` + config + `,"Parameters":{"Bucket":"b",` + arguments + `}},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`
	}
	for _, c := range []struct{ definition, expected string }{
		{definition("getObject", `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW","CSVDelimiter":"PIPE"}`, `"Key":"a.csv"`), `[{"id":"1","name":"x|y"},{"id":"2","name":""}]`},
		{definition("getObject", `,"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/deep/list"}`, `"Key":"a.json"`), `[1,2,3]`},
		{definition("getObject", `,"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/rest","MaxItems":1}`, `"Key":"a.json"`), `[4]`},
		{definition("listObjectsV2", ``, `"Prefix":"p/"`), `[{"Etag":"\"e\"","Key":"p/1.txt","LastModified":1700000000,"Size":1,"StorageClass":"STANDARD"},{"Etag":"\"e\"","Key":"p/2.txt","LastModified":1700000000,"Size":2,"StorageClass":"STANDARD"}]`},
		{definition("listObjectsV2", `,"ReaderConfig":{"InputType":"JSONL","Transformation":"LOAD_AND_FLATTEN"}`, `"Prefix":"l/"`), `[{"n":1},{"n":2},{"n":3}]`},
	} {
		succeeds(t, run(t, c.definition, `{}`, engine.WithObjects(store)), c.expected)
	}
	fails(t, run(t, definition("getObject", `,"ReaderConfig":{"InputType":"JSON"}`, `"Key":"none"`), `{}`, engine.WithObjects(store)), "States.ItemReaderFailed", "The specified key does not exist")
}

func TestResultWriterWritesFailuresAndManifest(t *testing.T) {
	store := &memory{objects: map[string]string{}}
	x := run(t, strings.Replace(tolerant(`,"ToleratedFailurePercentage":100`), `"MaxConcurrency":1,`,
		`"MaxConcurrency":1,"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"out","Prefix":"r"}},`, 1), `[1,2,-3]`, engine.WithObjects(store))
	if x.Status != engine.Succeeded {
		t.Fatalf("got %s %s", x.Status, x.Cause)
	}
	for name, body := range store.objects {
		v, err := value.Parse([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch {
		case strings.HasSuffix(name, "/manifest.json"):
			for _, expected := range []string{`"DestinationBucket":"out"`, `/SUCCEEDED_0.json","Size":`, `/FAILED_0.json","Size":`, `"PENDING":[]`} {
				if !strings.Contains(body, expected) {
					t.Errorf("got the manifest %s, expected %s in it", body, expected)
				}
			}
		default:
			list, _ := v.([]any)
			if len(list) != 1 {
				t.Errorf("%s: got %s, expected one child", name, body)
			}
		}
	}
	if len(store.objects) != 3 {
		t.Errorf("got %d objects, expected 3", len(store.objects))
	}
}

func TestStopGivesErrorAndCause(t *testing.T) {
	machine, err := asl.Parse([]byte(`{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	e, err := engine.New(machine, engine.WithClock(engine.VirtualClock(start)), engine.WithHistory(func(e event.Event) {
		if e.Type == "WaitStateEntered" {
			cancel(&engine.TaskError{Name: "Stopped", Cause: "by hand"})
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Run(ctx, []byte(`{}`))
	if err != nil || x.Status != engine.Aborted || x.Error != "Stopped" || x.Cause != "by hand" {
		t.Errorf("got %+v %v, expected an aborted execution with error and cause", x, err)
	}
}

func TestJobsAreSubmitted(t *testing.T) {
	for _, says := range []bool{true, false} {
		var events []string
		x := run(t, `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync","End":true}}}`, `{}`,
			engine.WithIntegration("arn:aws:states:::glue:*", engine.IntegrationFunc(func(_ context.Context, r *engine.Request) (any, error) {
				if says {
					r.Submitted("started")
				}
				return "done", nil
			})), engine.WithHistory(func(e event.Event) { events = append(events, string(e.Type)) }))
		succeeds(t, x, `"done"`)
		if !slices.Contains(events, "TaskSubmitted") {
			t.Errorf("got %v, expected TaskSubmitted", events)
		}
	}
}

func TestBlockingCallsRepeatExactly(t *testing.T) {
	record := func() string {
		var text strings.Builder
		run(t, `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Next":"U"},"U":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}}}}`,
			`[1,2,3,4,5,6,7,8]`, engine.WithIntegration(lambda, engine.IntegrationFunc(func(_ context.Context, r *engine.Request) (any, error) {
				time.Sleep(time.Duration(rand.IntN(500)) * time.Microsecond)
				return r.Parameters, nil
			})), engine.WithHistory(func(e event.Event) { fmt.Fprintf(&text, "%d<%d %s\n", e.ID, e.PreviousID, e.Type) }))
		return text.String()
	}
	first := record()
	for range 5 {
		if again := record(); again != first {
			t.Fatalf("got\n%s\nand then\n%s, expected the same order", first, again)
		}
	}
}

// A task that starts an execution and waits for its token has been answered
// when somebody sends the token, not when the execution has been started.
func TestAStartedExecutionAnswersTheTokenOfItsTask(t *testing.T) {
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Answerer"
	answerer, err := asl.Parse([]byte(`{"QueryLanguage":"JSONata","StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"A"},
		"A":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:sendTaskSuccess","Arguments":{"TaskToken":"{% $states.input.token %}","Output":{"n":7}},"End":true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	x := run(t, `{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.waitForTaskToken",
		"Arguments":{"StateMachineArn":"`+arn+`","Input":{"token":"{% $states.context.Task.Token %}"}},"End":true}}}`, `{}`,
		engine.WithStateMachine(arn, answerer, engine.Standard))
	succeeds(t, x, `{"n":7}`)
	if took := x.Stop.Sub(x.Start); took != time.Minute {
		t.Errorf("got the answer after %s, expected it after the minute in which nobody sent the token", took)
	}
}
