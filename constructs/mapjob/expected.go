package mapjob

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/option"
	"github.com/mapjob/mapjob/internal/price"
	"github.com/mapjob/mapjob/internal/protocol"
)

// validateExpected checks what the job is expected to do.
func (s *settings) validateExpected(found *refusal.Problems) {
	found.Whole("ExpectedItems", s.ExpectedItems, 1, protocol.MaxItems)
	found.Whole("ExpectedItemBytes", s.ExpectedItemBytes, 1, protocol.MaxOutcome)
	if s.ExpectedItems == nil && s.ExpectedItemBytes != nil {
		found.Add("ExpectedItemBytes: got bytes without ExpectedItems, expected both")
	}
	if s.ExpectedItemTime == nil {
		return
	}
	if s.ExpectedItems == nil {
		found.Add("ExpectedItemTime: got a time without ExpectedItems, expected both")
	}
	if ms, ok := milliseconds(s.ExpectedItemTime); ok && ms <= 0 {
		found.Add("ExpectedItemTime: got %g ms, expected more than 0", ms)
	}
}

// milliseconds returns the length of a duration, and reports whether it is known.
func milliseconds(d awscdk.Duration) (float64, bool) {
	if d == nil || *d.IsUnresolved() {
		return 0, false
	}
	return *d.ToMilliseconds(&awscdk.TimeConversionOptions{Integral: jsii.Bool(false)}), true
}

// whole returns a number that is known, and 0 for any other.
func whole(n *float64) int {
	if n == nil || *awscdk.Token_IsUnresolved(*n) {
		return 0
	}
	return int(*n)
}

// expect adds to the state machine what the job is expected to do, for mapjob plan, and
// warns of the limits that it would meet. It does not judge what that costs.
func (j *mapJob) expect() {
	s := j.settings
	e := protocol.Expected{Items: whole(s.ExpectedItems), ItemBytes: whole(s.ExpectedItemBytes)}
	if e.Items == 0 {
		return
	}
	e.ItemMs, _ = milliseconds(s.ExpectedItemTime)
	j.stateMachine.Node().DefaultChild().(awsstepfunctions.CfnStateMachine).AddMetadata(jsii.String(protocol.ExpectedMetadata), e)

	if most := s.inlineItems(); s.mode.inline && e.Items > most {
		j.warn("ExpectedItems: got %s, which an Inline job can't have, expected at most %s: use &mapjob.Distributed{}", number.Thousands(e.Items), number.Thousands(most))
		return
	}
	book, err := price.Read("us-east-1") // whose quotas are those of large regions
	if err != nil {
		panic(err) // the data is part of the program
	}
	workload := plan.Workload{Items: e.Items, ItemBytes: max(e.ItemBytes, 1), Time: plan.Exactly(time.Duration(e.ItemMs * float64(time.Millisecond)))}
	setup := j.setup()
	shape := plan.Form(setup, plan.FormOptions{JobStart: j.settings.JobStart != nil, Lock: j.lock != nil})
	if j.warnBatch(workload, setup, shape, e, book) || s.itemByItem() && !s.mode.inline {
		return // how long a child takes is not known
	}
	for _, limit := range option.Limits(workload, setup, shape, book) {
		if limit.At >= e.Items {
			break
		}
		if limit.Timeout {
			took := time.Duration(plan.Duration(workload, setup, shape, book).Seconds * float64(time.Second)).Round(time.Second)
			j.warn("Timeout: got %s, expected at least %s for %s in batches of %s with %s at once", setup.ExecutionTimeout, took,
				number.Of(e.Items, "item"), number.Thousands(setup.Batch), number.Thousands(setup.MaxConcurrency))
			continue
		}
		j.warn("ExpectedItems: got %s, expected at most %s for the %s: %s", number.Thousands(e.Items), number.Thousands(limit.At), limit.Name, limit.Remedy)
	}
}

// warnBatch warns of batches that take longer than their worker may, and reports
// whether it did.
func (j *mapJob) warnBatch(w plan.Workload, s plan.Setup, shape plan.Shape, e protocol.Expected, book *price.Book) bool {
	if j.settings.itemByItem() || e.ItemMs == 0 || s.Timeout[plan.Worker] == 0 {
		return false
	}
	items := min(s.Batch, e.Items)
	if limit := option.BatchLimit(w, s, shape, book); limit.Hard && items > limit.Fits() {
		prop := "Mode.BatchSize"
		if j.settings.mode.byReference {
			prop = "Mode.ChunkSize"
		}
		each := w.Time.Mean()
		expected := fmt.Sprintf("expected at most %s for the %s", number.Thousands(limit.Fits()), limit.Name)
		if limit.At == 0 {
			expected = fmt.Sprintf("expected a longer timeout of the worker: got %s", s.Timeout[plan.Worker])
		}
		j.warn("%s: got %s of %s, which take %s, %s", prop, number.Of(items, "item"), each, time.Duration(items)*each, expected)
		return true
	}
	return false
}

// setup returns the job as the planner sees it. Functions whose memory and timeout are
// not known are left out.
func (j *mapJob) setup() plan.Setup {
	m := j.settings.mode
	s := plan.Setup{Passing: plan.ByValue, Children: plan.Standard, Batch: whole(m.batchSize), BatchBytes: whole(m.batchBytes),
		MaxConcurrency: whole(m.maxConcurrency), ItemsAtOnce: 1, Reserved: whole(reservedOf(j.functions.worker)),
		Memory: map[plan.Role]int{}, Timeout: map[plan.Role]time.Duration{}, Architecture: "arm64"}
	if m.express {
		s.Children = plan.Express
	}
	start := plan.JobStart
	switch {
	case m.inline:
		s.Passing, s.Children, s.Batch = plan.Inline, plan.None, 1
	case m.byReference:
		s.Passing, s.Batch = plan.ByReference, whole(m.chunkSize)
	}
	if j.settings.bringsChunker() {
		start = plan.Chunker
	}
	if ms, ok := milliseconds(j.settings.Timeout); ok {
		s.ExecutionTimeout = time.Duration(ms) * time.Millisecond
	}
	for role, function := range map[plan.Role]awslambda.IFunction{plan.Worker: j.functions.worker, start: j.functions.jobStart, plan.Summary: j.functions.summary} {
		memory, timeout := memoryOf(function), timeoutOf(function)
		if ms, ok := milliseconds(timeout); ok && memory > 0 {
			s.Memory[role], s.Timeout[role] = memory, time.Duration(ms)*time.Millisecond
		}
	}
	return s
}

// memoryOf returns the memory of a function in MB, or of the function that an alias or
// a version is of. It returns 0 if it is not known.
func memoryOf(function awslambda.IFunction) int {
	switch f := function.(type) {
	case awslambda.IAlias:
		return memoryOf(f.Version())
	case awslambda.IVersion:
		return memoryOf(f.Lambda())
	case awslambda.Function:
		if resource, ok := f.Node().DefaultChild().(awslambda.CfnFunction); ok {
			return whole(resource.MemorySize())
		}
	}
	return 0
}
