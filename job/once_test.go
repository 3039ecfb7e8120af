package job_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/job/jobtest"
)

// itself returns the item as its key.
func itself(item string) string { return item }

// execution is the ARN in the batches of batchOf.
const execution = "arn:x"

func ExampleOnce() {
	type order struct{ ID string }
	worker := job.Work(func(_ context.Context, o order) (string, error) {
		return "invoice of " + o.ID, nil
	}, job.Once("Idempotency", func(o order) string { return o.ID }))
	lambda.Start(worker)
}

func TestABatchThatIsDeliveredTwiceIsDoneOnce(t *testing.T) {
	var c counted
	worker := work(c.handle, once(newTable(t), itself))
	for range 2 {
		for i, o := range jobtest.Work(t, worker, "a", "b") {
			var output string
			if err := json.Unmarshal(o.Output, &output); err != nil || o.Status != job.Succeeded || output != []string{"a <1>", "b <1>"}[i] {
				t.Errorf("got %s %s and error %v, expected the output of the first try", o.Status, o.Output, err)
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 1}, c.done); diff != "" {
		t.Errorf("items that were done (-expected +got):\n%s", diff)
	}
}

// counted has a handler that does what its items say, and counts how often.
type counted struct {
	mutex sync.Mutex
	done  map[string]int
}

func (c *counted) handle(_ context.Context, item string) (string, error) {
	c.mutex.Lock()
	if c.done == nil {
		c.done = map[string]int{}
	}
	c.done[item]++
	try := c.done[item]
	c.mutex.Unlock()
	switch {
	case strings.HasPrefix(item, "refuse"):
		return "", fmt.Errorf("order: %w", job.Final(job.Errorf("Refused", "no")))
	case strings.HasPrefix(item, "busy"):
		return "", job.Retryable(job.Errorf("Busy", "try %d", try))
	}
	return fmt.Sprintf("%s <%d>", item, try), nil
}

func TestABatchThatComesTwiceIsDoneOnceAndAnsweredTheSame(t *testing.T) {
	t.Parallel()
	c := &counted{}
	h := work(c.handle, once(newTable(t), itself))
	batch := batchOf(3, "a", "refuse", "b", 7, "")
	first := invoke(t, h, batch)
	time.Sleep(5 * time.Millisecond) // a second time would show
	second := invoke(t, h, batch)
	for item, n := range c.done {
		if n != 1 {
			t.Errorf("got %s done %d times, expected once", item, n)
		}
	}
	outcomes := decode[[]job.Outcome](t, second)
	before := decode[[]job.Outcome](t, first)
	for i, expected := range []string{`SUCCEEDED"a \u003c1\u003e"`, "FAILEDRefused order: no", `SUCCEEDED"b \u003c1\u003e"`,
		"FAILEDMapJob.InvalidInput json", "FAILEDMapJob.InvalidInput got an item without a key"} {
		o := outcomes[i]
		got := string(o.Status) + string(o.Output)
		if o.Error != "" {
			got += o.Error + " " + o.Cause
		}
		if !strings.HasPrefix(got, expected) || o.Index != 3+i || o.Retryable {
			t.Errorf("got %+v, expected %s", o, expected)
		}
		if diff := cmp.Diff(before[i], o); i < 3 && diff != "" {
			t.Errorf("the second time (-first +second):\n%s", diff)
		}
	}
}

func TestTwentySimultaneousDeliveriesDoTheWorkOnce(t *testing.T) {
	t.Parallel()
	var done [3]atomic.Int32
	h := work(func(_ context.Context, n int) (int, error) {
		done[n].Add(1)
		time.Sleep(100 * time.Millisecond) // the others come upon work in progress
		return n, nil
	}, once(newTable(t), strconv.Itoa), job.Concurrency(3))
	answers := make([]string, 20)
	var running sync.WaitGroup
	for i := range answers {
		running.Go(func() {
			answer, err := jobtest.Call{RequestID: strconv.Itoa(i)}.Invoke(h, []byte(batchOf(0, 0, 1, 2)))
			answers[i] = fmt.Sprint(string(answer), err)
		})
	}
	running.Wait()
	for i, answer := range answers {
		if answer != answers[0] || !strings.Contains(answer, `{"index":2,"status":"SUCCEEDED","output":2,`) {
			t.Errorf("got %s of delivery %d and %s of the first, expected the same", answer, i, answers[0])
		}
	}
	for n := range done {
		if done[n].Load() != 1 {
			t.Errorf("got item %d done %d times, expected once", n, done[n].Load())
		}
	}
}

func TestTwoItemsWithTheSameKeyAreTheSameWork(t *testing.T) {
	t.Parallel()
	for concurrency := 1; concurrency <= 4; concurrency *= 4 {
		t.Run(strconv.Itoa(concurrency), func(t *testing.T) {
			c := &counted{}
			h := work(c.handle, once(newTable(t), itself), job.Concurrency(concurrency))
			outcomes := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, "a", "a", "b", "a")))
			for i, o := range outcomes {
				if expected := map[bool]string{true: `"b \u003c1\u003e"`, false: `"a \u003c1\u003e"`}[i == 2]; o.Index != i || string(o.Output) != expected {
					t.Errorf("got %+v, expected index %d and %s", o, i, expected)
				}
			}
			if c.done["a"] != 1 {
				t.Errorf("got it done %d times, expected once", c.done["a"])
			}
		})
	}
}

func TestWorkOfAnInvocationThatCrashedIsTakenOver(t *testing.T) {
	t.Parallel()
	var deliveries atomic.Int32
	begun, over := make(chan struct{}), make(chan struct{})
	defer close(over)
	table := newTable(t)
	h := work(func(context.Context, string) (string, error) {
		if deliveries.Add(1) == 1 {
			close(begun)
			<-over // the process is gone
		}
		return "done", nil
	}, once(table, itself))
	crashing, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	deadline, _ := crashing.Deadline()
	go func() { _, _ = h.Invoke(crashing, []byte(batchOf(0, "a"))) }()
	select {
	case <-begun:
	case <-crashing.Done():
		t.Fatal("got an invocation whose time was up before its work began, expected a faster machine")
	}

	// A delivery that has less time than the one that crashed had.
	o := jobtest.Call{Execution: execution, Timeout: time.Second}.Work(t, h, "a")[0]
	if o.Error != job.ErrorInProgress || !o.Retryable || !strings.Contains(o.Cause, "another delivery is working on the item") {
		t.Errorf("got %+v, expected a retryable %s", o, job.ErrorInProgress)
	}
	// Many that have more: one of them takes it over.
	outcomes := make([]job.Outcome, 8)
	var running sync.WaitGroup
	for i := range outcomes {
		running.Go(func() {
			outcomes[i] = jobtest.Call{Execution: execution, Timeout: 30 * time.Second}.Work(t, h, "a")[0]
		})
	}
	running.Wait()
	for _, o := range outcomes {
		if string(o.Output) != `"done"` || time.UnixMilli(o.StartedAt).Before(deadline) {
			t.Errorf("got %+v, expected it to be done after %v, when the first can't be working any more", o, deadline)
		}
	}
	if n := deliveries.Load(); n != 2 {
		t.Errorf("got it begun %d times, expected twice", n)
	}
}

// A delivery whose work was taken over may still end, and must not change anything.
func TestALateOutcomeDoesNotReplaceThatOfAnotherDelivery(t *testing.T) {
	t.Parallel()
	var deliveries atomic.Int32
	begun, resume, resumed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	table := newTable(t)
	h := work(func(_ context.Context, item string) (string, error) {
		n := deliveries.Add(1)
		if n == 1 {
			close(begun)
			<-resume
		}
		if n == 1 && item == "fails" {
			return "", job.Retryable(errors.New("late"))
		}
		return strconv.Itoa(int(n)), nil
	}, once(table, itself), job.Tries(1))
	for _, item := range []string{"succeeds", "fails"} {
		deliveries.Store(0)
		begun, resume, resumed = make(chan struct{}), make(chan struct{}), make(chan struct{})
		go func() { _, _ = h.Invoke(context.Background(), []byte(batchOf(0, item))); close(resumed) }()
		<-begun
		table.setNumber(t, execution+"#"+item, "in_progress_expiration", time.Now().UnixMilli()-1)
		invoke(t, h, batchOf(0, item))
		close(resume)
		<-resumed
		if o := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, item)))[0]; string(o.Output) != `"2"` || deliveries.Load() != 2 {
			t.Errorf("%s: got %+v after %d deliveries that did it, expected the outcome of the second", item, o, deliveries.Load())
		}
	}
}

func TestAnExpiredOutcomeIsDoneAgain(t *testing.T) {
	t.Parallel()
	c := &counted{}
	table := newTable(t)
	h := work(c.handle, once(table, itself, job.RememberFor(time.Hour)))
	before := time.Now()
	invoke(t, h, batchOf(0, "a"))
	id := execution + "#a"
	expires, _ := strconv.ParseInt(table.record(t, id)[job.OnceTableExpiry].(*types.AttributeValueMemberN).Value, 10, 64)
	if in := time.Unix(expires, 0).Sub(before); in < 59*time.Minute || in > 61*time.Minute {
		t.Errorf("got a record that expires in %v, expected the hour that was asked for", in)
	}
	for _, s := range []struct {
		expires time.Duration // from now, the database deletes in its own time
		done    int
	}{{10 * time.Second, 1}, {-time.Second, 2}, {10 * time.Second, 2}} {
		table.setNumber(t, id, job.OnceTableExpiry, time.Now().Add(s.expires).Unix())
		if o := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, "a")))[0]; c.done["a"] != s.done || string(o.Output) != fmt.Sprintf(`"a \u003c%d\u003e"`, s.done) {
			t.Errorf("got %+v after it was done %d times, expected %d times if the record expires in %v", o, c.done["a"], s.done, s.expires)
		}
	}
}

func TestAnotherExecutionIsOtherWork(t *testing.T) {
	t.Parallel()
	c := &counted{}
	table := newTable(t)
	own := work(c.handle, once(table, itself))
	across := work(c.handle, once(table, itself, job.AcrossExecutions()))
	deliver := func(h job.Handler, name, execution, item string) job.Outcome {
		return jobtest.Call{Job: name, Execution: execution}.Work(t, h, item)[0]
	}
	for _, execution := range []string{"arn:1", "arn:2", "arn:1"} {
		deliver(own, "nightly", execution, "own")
		deliver(own, "nightly", execution, "refuse own")
		deliver(across, "nightly", execution, "across")
	}
	deliver(across, "weekly", "arn:3", "across")
	for item, expected := range map[string]int{"own": 2, "refuse own": 2, "across": 2} {
		if c.done[item] != expected {
			t.Errorf("got %q done %d times, expected %d", item, c.done[item], expected)
		}
	}
	// What an execution has failed to do, the next one tries, and none twice.
	for i, execution := range []string{"arn:1", "arn:1", "arn:2", "arn:2"} {
		if o := deliver(across, "nightly", execution, "refuse across"); o.Error != "Refused" || c.done["refuse across"] != i/2+1 {
			t.Errorf("got %+v after %d times, expected it once for each execution", o, c.done["refuse across"])
		}
	}
}

func TestARetryableFailureIsForgotten(t *testing.T) {
	t.Parallel()
	c := &counted{}
	table := newTable(t)
	h := work(c.handle, once(table, itself), job.Tries(2))
	for delivery := 1; delivery <= 2; delivery++ {
		o := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, "busy")))[0]
		if !o.Retryable || o.Cause != fmt.Sprintf("try %d", 2*delivery) {
			t.Errorf("got %+v, expected the second of two tries of delivery %d", o, delivery)
		}
		if r := table.record(t, execution+"#busy"); r != nil {
			t.Errorf("got %v, expected no record", r)
		}
	}
	// So is an item that was not done in time. There is time left to forget it.
	late := work(func(ctx context.Context, _ string) (string, error) { <-ctx.Done(); return "", ctx.Err() }, once(table, itself))
	o := jobtest.Call{Execution: execution, Timeout: 2 * time.Second}.Work(t, late, "late")[0]
	if o.Error != job.ErrorDeadline || !o.Retryable {
		t.Errorf("got %+v, expected a retryable %s", o, job.ErrorDeadline)
	}
	for try := 0; table.record(t, execution+"#late") != nil; try++ { // the outcome may have been there first
		if time.Sleep(10 * time.Millisecond); try == 100 {
			t.Fatal("got a record, expected none")
		}
	}
}

func TestADeliveryThatWaitsDoesWorkThatIsForgotten(t *testing.T) {
	t.Parallel()
	var deliveries atomic.Int32
	begun := make(chan struct{})
	h := work(func(context.Context, string) (string, error) {
		if deliveries.Add(1) > 1 {
			return "done", nil
		}
		close(begun)
		time.Sleep(200 * time.Millisecond) // the second looks and waits
		return "", job.Retryable(errors.New("busy"))
	}, once(newTable(t), itself), job.Tries(1))
	first := make(chan job.Outcome)
	go func() {
		answer, _ := h.Invoke(context.Background(), []byte(batchOf(0, "a")))
		first <- decode[[]job.Outcome](t, string(answer))[0]
	}()
	<-begun
	second := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, "a")))[0]
	if first := <-first; first.Cause != "busy" || string(second.Output) != `"done"` || deliveries.Load() != 2 {
		t.Errorf("got %+v and %+v, expected the first to fail and the second to do it then", first, second)
	}
}

func TestADeliveryWhoseTimeIsUpSaysWhatItWaitedFor(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	over := make(chan struct{})
	begun := make(chan struct{})
	h := work(func(context.Context, string) (string, error) { close(begun); <-over; return "", nil }, once(table, itself))
	ended := make(chan struct{})
	go func() { _, _ = h.Invoke(context.Background(), []byte(batchOf(0, "a"))); close(ended) }()
	<-begun
	looks := 0
	table.disturbBy(func(operation string) disturbance {
		if operation == "GetItem" {
			if looks++; looks > 1 {
				return hang
			}
		}
		return undisturbed
	})
	o := jobtest.Call{Execution: execution, Timeout: 3 * time.Second}.Work(t, h, "a")[0]
	close(over)
	<-ended
	if o.Error != job.ErrorInProgress || !o.Retryable || looks < 2 {
		t.Errorf("got %+v after %d looks, expected a retryable %s", o, looks, job.ErrorInProgress)
	}
}

func TestARecordOfWorkInProgressSaysUntilWhen(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	var until int64
	var expires int64
	h := work(func(context.Context, string) (string, error) {
		r := table.record(t, execution+"#a")
		until, _ = strconv.ParseInt(r["in_progress_expiration"].(*types.AttributeValueMemberN).Value, 10, 64)
		expires, _ = strconv.ParseInt(r[job.OnceTableExpiry].(*types.AttributeValueMemberN).Value, 10, 64)
		return "", nil
	}, once(table, itself, job.RememberFor(time.Second)))
	deadline := time.Now().Add(time.Minute)
	if o := (jobtest.Call{Execution: execution, Timeout: time.Until(deadline)}).Work(t, h, "a")[0]; o.Status != job.Succeeded {
		t.Fatalf("got %+v", o)
	}
	if late := time.UnixMilli(until).Sub(deadline); late < 900*time.Millisecond || late > 1500*time.Millisecond {
		t.Errorf("got work in progress until %v after the invocation's deadline, expected a second", late)
	}
	if expires < until/1000 {
		t.Errorf("got a record that may be deleted at %d, while its work may be in progress until %d", expires, until/1000)
	}
}

func TestAThrottledTableCostsOnlyTime(t *testing.T) {
	t.Parallel()
	c := &counted{}
	table := newTable(t)
	h := work(c.handle, once(table, itself))
	var n int
	table.disturbBy(func(string) disturbance { // three of four, as long as it takes
		if n++; n%4 != 0 {
			return throttle
		}
		return undisturbed
	})
	for range 2 {
		for _, o := range decode[[]job.Outcome](t, invoke(t, h, batchOf(0, "a", "b", "refuse"))) {
			if o.Status != job.Succeeded && o.Error != "Refused" {
				t.Errorf("got %+v, expected the throttling not to show", o)
			}
		}
	}
	if c.done["a"] != 1 || c.done["b"] != 1 || c.done["refuse"] != 1 || n < 30 {
		t.Errorf("got %v after %d requests, expected each once", c.done, n)
	}
	table.disturbBy(func(string) disturbance { return throttle })
	o := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, "c")))[0]
	if o.Error != "ProvisionedThroughputExceededException" || !o.Retryable || c.done["c"] != 0 || !strings.Contains(o.Cause, `claiming the key "arn:x#c" in the table `+table.name) {
		t.Errorf("got %+v after it was done %d times, expected a retryable failure before it is done", o, c.done["c"])
	}
	table.disturbBy(func(string) disturbance { return deny })
	if o := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, "c")))[0]; o.Error != "AccessDeniedException" || o.Retryable || c.done["c"] != 0 {
		t.Errorf("got %+v, expected a failure that another try does not help", o)
	}
}

// The answer to any one request gets lost on its way: it is sent again.
func TestALostAnswerCostsOnlyTime(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	lost := 0
	for at := range 8 {
		c := &counted{}
		h := work(c.handle, once(table, itself), job.Tries(1))
		var n int
		table.disturbBy(func(string) disturbance {
			if n++; n-1 == at {
				lost++
				return lose
			}
			return undisturbed
		})
		done, busy := fmt.Sprint("a", at), fmt.Sprint("busy", at)
		for range 2 {
			outcomes := jobtest.Call{Execution: execution, Timeout: 20 * time.Second}.Work(t, h, done, busy)
			if outcomes[0].Status != job.Succeeded || outcomes[1].Error != "Busy" {
				t.Errorf("the answer to request %d is lost: got %+v, expected no effect", at, outcomes)
			}
		}
		if c.done[done] != 1 || c.done[busy] != 2 {
			t.Errorf("the answer to request %d is lost: got %v, expected the one once and the other again", at, c.done)
		}
	}
	if lost < 8 {
		t.Errorf("got %d answers lost, expected one in every run", lost)
	}
}

func TestAnOutcomeThatCannotBeStoredIsStillAnswered(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	c := &counted{}
	h := work(c.handle, once(table, itself))
	n := 0
	table.disturbBy(func(string) disturbance {
		if n++; n > 1 {
			return deny
		}
		return undisturbed
	})
	if o := decode[[]job.Outcome](t, invoke(t, h, batchOf(0, "a")))[0]; o.Status != job.Succeeded {
		t.Errorf("got %+v, expected what is true", o)
	}
}

func TestAnOutcomeHasToFitIntoTheTable(t *testing.T) {
	t.Parallel()
	var done int
	table := newTable(t)
	h := work(func(_ context.Context, size int) (string, error) {
		done++
		return strings.Repeat("x", size-2), nil
	}, once(table, strconv.Itoa))
	payload := func(size int) string {
		return strings.Replace(batchOf(0, size), `"execution":"arn:x"`, `"execution":"arn:x","outcomes":{"bucket":"results","prefix":"once"}`, 1)
	}
	const most = 409_600 - 512 - len("arn:x") - len("arn:x#000000") - 26 // bytes: less the names, the execution, the key and the owner
	for range 2 {
		invoke(t, h, payload(most))
	}
	if done != 1 || table.record(t, fmt.Sprintf("arn:x#%d", most)) == nil {
		t.Errorf("got it done %d times, expected once: it fits", done)
	}
	for range 2 {
		o := decode[[]job.Outcome](t, invoke(t, h, payload(most+1)))[0]
		if o.Error != job.ErrorResultTooLarge || o.Retryable || !strings.Contains(o.Cause, "409601 bytes") || !strings.Contains(o.Cause, "S3") {
			t.Errorf("got %+v, expected %s, by how much, and what to do", o, job.ErrorResultTooLarge)
		}
	}
	if done != 2 {
		t.Errorf("got both done %d times, expected each once", done)
	}
	long := work(func(context.Context, string) (string, error) { return "", nil }, once(table, func(string) string { return strings.Repeat("k", 2043) }))
	o := decode[[]job.Outcome](t, invoke(t, long, batchOf(0, "a")))[0]
	if o.Error != job.ErrorInvalidInput || !strings.Contains(o.Cause, "got a key of 2043 bytes, expected up to 2042") {
		t.Errorf("got %+v, expected that DynamoDB's keys are shorter", o)
	}
}

func TestItemsPassedByReferenceAreDoneOnce(t *testing.T) {
	t.Parallel()
	c := &counted{}
	child := func(prefix string) string { // the same items in another folder: nothing is stored there
		put(t, prefix+"/chunk", "\"a\"\n\"refuse\"\n\"b\"\n\"\"\n")
		return fmt.Sprintf(`{"BatchInput": {"job": {"name": "nightly"}, "execution": "arn:x", "outcomes": {"bucket": "results", "prefix": "%[1]s/outcomes"}}, "Chunk": {"bucket": "results", "key": "%[1]s/chunk", "first": 0, "count": 4}}`, prefix)
	}
	h := work(c.handle, once(newTable(t), itself))
	for _, prefix := range []string{rand.Text(), rand.Text()} {
		if answer := invoke(t, h, child(prefix)); !strings.Contains(answer, `"succeeded":2,"failed":2`) {
			t.Errorf("got %s, expected two that succeeded and two that failed, one because it has no key", answer)
		}
		if n := below(t, prefix+"/outcomes/"); n != 4 {
			t.Errorf("got %d lines, expected each outcome once", n)
		}
	}
	if fmt.Sprint(c.done) != "map[a:1 b:1 refuse:1]" {
		t.Errorf("got %v, expected each once", c.done)
	}
}

func TestAnItemCostsTwoWrites(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	h := work((&counted{}).handle, once(table, itself))
	puts, gets := table.count("PutItem"), table.count("GetItem")
	invoke(t, h, batchOf(0, "a", "b"))
	if puts, gets := table.count("PutItem")-puts, table.count("GetItem")-gets; puts != 4 || gets != 0 {
		t.Errorf("got %d writes and %d reads for two items, expected 4 and 0", puts, gets)
	}
}

func TestOnceWithTheWrongKeyOrTableIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for expected, f := range map[string]func(){
		"job.Work: got a *job.onceGuard[int], expected a job.Once whose key is of the worker's items, string": func() {
			work((&counted{}).handle, job.Once("Table", strconv.Itoa))
		},
		`job.Once: got the table "" and a key that is nil: false, expected`:     func() { job.Once("", itself) },
		`job.Once: got the table "Table" and a key that is nil: true, expected`: func() { job.Once[string]("Table", nil) },
		`job.RememberFor: got 0s, expected`:                                     func() { job.Once("Table", itself, job.RememberFor(0)) },
		`job.RememberFor: got -1s, expected`:                                    func() { job.RememberFor(-time.Second) },
	} {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.HasPrefix(p, expected) {
					t.Errorf("got panic %s, expected %s", p, expected)
				}
			}()
			f()
		}()
	}
}

func TestAHandlerThatEndsItsGoroutineLeavesNoWorkInProgress(t *testing.T) {
	t.Parallel()
	table := newTable(t)
	var done atomic.Int32
	h := work(func(_ context.Context, item string) (string, error) {
		done.Add(1)
		time.Sleep(20 * time.Millisecond)
		runtime.Goexit()
		return item, nil
	}, once(table, itself))
	call := jobtest.Call{Timeout: 5 * time.Second, Execution: execution}
	first := call.Work(t, h, "a")[0]
	began := time.Now()
	second := call.Work(t, h, "a")[0]
	if first.Error != job.ErrorHandlerExited || second.Error != first.Error || done.Load() != 2 {
		t.Errorf("got %+v and then %+v after %d calls, expected both deliveries to try and to fail with %s", first, second, done.Load(), job.ErrorHandlerExited)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("got an answer after %s, expected one at once", took)
	}
	for _, o := range []job.Outcome{first, second} {
		if o.Ms < 20 || o.StartedAt == 0 {
			t.Errorf("got %+v, expected the time when the item began and how long it took", o)
		}
	}
}
