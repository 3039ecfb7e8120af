package mapjob

import (
	"math"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/internal/waiting"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Limits of Step Functions ("Service quotas") and of S3.
const (
	maxExpressSeconds  = 5 * 60
	daySeconds         = 24 * 3600
	maxStandardSeconds = 365 * daySeconds
	maxExpiryDays      = 100 * 365 // S3 takes more
	maxRetries         = 99
)

// validate returns every problem with the settings of a job.
func (s *settings) validate() (found refusal.Problems) {
	s.Mode.validate(&found)
	s.validateWork(&found)
	s.validateSource(&found)
	s.validateTimes(&found)
	s.validateExpected(&found)
	s.validateResults(&found)
	s.validateVersions(&found)
	s.validateFunctions(&found)
	found.RemovalPolicy("RemovalPolicy", s.RemovalPolicy)
	if s.LockTable != nil && s.Overlap == nil {
		found.Add("LockTable: got a table without an Overlap, expected both: executions that may overlap have no lock")
	}
	found.JobName("Name", *s.Name)
	if s.Notify != nil {
		found.StandardTopic("Notify", s.Notify)
	}
	found.Number("ToleratedFailurePercentage", s.ToleratedFailurePercentage, 0, 100)
	found.Whole("ToleratedFailureCount", s.ToleratedFailureCount, 0, protocol.MaxItems)
	found.Known("ToleratedFailurePercentage", s.ToleratedFailurePercentage)
	found.Known("ToleratedFailureCount", s.ToleratedFailureCount)
	return found
}

// validateFunctions checks the settings of the functions that the job creates.
func (s *settings) validateFunctions(found *refusal.Problems) {
	found.AddAll("FunctionSettings.", s.FunctionSettings.Validate())
	if f := s.FunctionSettings; f != nil && f.ReservedConcurrency != nil && *f.ReservedConcurrency == 0 && (s.bringsAccountant() || s.bringsChunker() || s.bringsRerunReader()) {
		found.Add("FunctionSettings.ReservedConcurrency: got 0, expected 1 or more: the job could not invoke its functions")
	}
}

// validateWork checks what handles the items.
func (s *settings) validateWork(found *refusal.Problems) {
	ways := 0
	for _, given := range []bool{s.Worker != nil, s.Callback != nil, s.Processor != nil} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		found.Add("Worker, Callback, Processor: got %d of them, expected one, to handle the items", ways)
	}
	if s.WorkerRetries != nil && s.Worker == nil {
		found.Add("WorkerRetries: got %g without a Worker, expected nil: a Processor's states have their own retries, and a Callback's worker must not ask twice", *s.WorkerRetries)
	}
	found.Whole("WorkerRetries", s.WorkerRetries, 0, maxRetries)
	found.Known("WorkerRetries", s.WorkerRetries)
	if s.Callback != nil && s.Callback.Worker == nil {
		found.Add("Callback.Worker: got nothing, expected the function that passes on task tokens")
	}
	mode := s.mode
	if (s.Callback != nil || s.Processor != nil) && !mode.express {
		found.Whole("Mode.BatchSize with a Callback or a Processor", mode.batchSize, 1, maxEachItem)
	}
	if mode.byReference && (s.Callback != nil || s.Processor != nil) {
		found.Add("Mode: got ByReference with a Callback or a Processor, which need the items themselves; expected Distributed or Inline")
	}
	if !mode.express {
		return
	}
	if s.Callback != nil {
		found.Add("Mode.Children: got %q with a Callback, expected %q: Express executions can't wait for an answer", ExpressChildren, StandardChildren)
	}
	if timeout := timeoutOf(s.Worker); timeout != nil && !*timeout.IsUnresolved() && refusal.Seconds(timeout) > maxExpressSeconds {
		found.Add("Mode.Children: got %q with a worker timeout of %g s, expected at most %d s, the longest an Express execution lasts",
			ExpressChildren, refusal.Seconds(timeout), maxExpressSeconds)
	}
}

// timeoutOf returns the timeout of a function, or of the function that an alias
// or a version is of. It returns nil if the timeout is not known.
func timeoutOf(function awslambda.IFunction) awscdk.Duration {
	switch f := function.(type) {
	case awslambda.Function:
		return f.Timeout()
	case awslambda.IAlias:
		return timeoutOf(f.Version())
	case awslambda.IVersion:
		return timeoutOf(f.Lambda())
	}
	return nil
}

// validateSource checks where the items come from.
func (s *settings) validateSource(found *refusal.Problems) {
	if s.Source == nil {
		return
	}
	if s.JobStart != nil {
		found.Add("Source: got one with a JobStart, which yields the items, expected one of them")
	}
	mode, reader := s.mode, s.sourceReader
	reader.validate(found)
	switch {
	case mode.inline && !reader.inInput():
		found.Add("Source: got %T in an Inline job, whose items are in its data, expected *mapjob.InputList or nil", s.Source)
	case mode.byReference && reader.inInput():
		found.Add("Source: got *mapjob.InputList with ByReference, expected Distributed: items that fit into an input need no chunks")
	case mode.byReference && reader.format == protocol.FormatObjects && reader.bucket != nil && same(reader.bucket, s.ResultsBucket):
		found.Add("Source.Bucket: got the ResultsBucket, expected another one: the list of its objects would include the job's own chunks")
	case reader.key == nil && same(reader.bucket, s.ResultsBucket):
		found.Add("Source.Bucket: got the ResultsBucket without a Key or a Prefix, expected another bucket, or none for objects in the job's own folder: the input would name objects of every job")
	}
	if slices.ContainsFunc(reader.inputBuckets, func(b awss3.IBucket) bool { return same(b, s.ResultsBucket) }) {
		found.Add("Source.InputBuckets: got the ResultsBucket, expected other buckets: the input may name objects in the job's own folder of it in any case, and would name those of every job")
	}
}

// same reports whether two buckets are one, which an app may have imported twice.
func same(a, b awss3.IBucket) bool {
	return a != nil && b != nil && (a == b || *a.BucketName() == *b.BucketName())
}

// validateTimes checks that what an execution waits for ends before the
// execution does.
func (s *settings) validateTimes(found *refusal.Problems) {
	found.Duration("Timeout", s.Timeout, 1, maxStandardSeconds)
	if wait, ok := s.Overlap.(*joblock.Wait); ok {
		rule := waiting.Rule{Limit: wait.Limit, PollEvery: wait.PollEvery}
		if rule.Validate(found) {
			s.validateWithin("Overlap.Limit", rule.LimitSeconds(), found)
		}
	}
	c := s.Callback
	if c == nil {
		return
	}
	limited := found.Duration("Callback.Timeout", c.Timeout, 1, maxStandardSeconds)
	if limited {
		s.validateWithin("Callback.Timeout", refusal.Seconds(c.Timeout), found)
	}
	beats := found.Duration("Callback.Heartbeat", c.Heartbeat, 1, maxStandardSeconds)
	if beats && limited && refusal.Seconds(c.Heartbeat) >= refusal.Seconds(c.Timeout) {
		found.Add("Callback.Heartbeat: got %.10g s, expected less than the Timeout of %.10g s", refusal.Seconds(c.Heartbeat), refusal.Seconds(c.Timeout))
	}
}

// validateWithin refuses a wait that may last as long as the execution.
func (s *settings) validateWithin(prop string, seconds float64, found *refusal.Problems) {
	if timeout, known := s.timeoutSeconds(); known && seconds >= timeout {
		found.Add("%s: got %.10g s, expected less than the Timeout of %.10g s, which ends the execution", prop, seconds, timeout)
	}
}

// timeoutSeconds returns the longest an execution lasts, if it is known.
func (s *settings) timeoutSeconds() (seconds float64, known bool) {
	if *s.Timeout.IsUnresolved() {
		return 0, false
	}
	return refusal.Seconds(s.Timeout), true
}

// validateResults checks the results bucket. Its objects must outlive the
// execution, which reads what it has written.
func (s *settings) validateResults(found *refusal.Problems) {
	if s.Results == nil {
		return
	}
	if s.ResultsBucket != nil {
		found.Add("Results: got options of a new bucket with a ResultsBucket, expected one of them")
	}
	if empty := s.Results.AutoDeleteObjects; empty != nil && *empty && s.RemovalPolicy != awscdk.RemovalPolicy_DESTROY {
		found.Add("Results.AutoDeleteObjects: got true with the RemovalPolicy %q, expected %q: a bucket that stays keeps its objects", s.RemovalPolicy, awscdk.RemovalPolicy_DESTROY)
	}
	if !found.Duration("Results.Expiry", s.Results.Expiry, daySeconds, maxExpiryDays*daySeconds) {
		return
	}
	expires := refusal.Seconds(s.Results.Expiry)
	if math.Mod(expires, daySeconds) != 0 {
		found.Add("Results.Expiry: got %.10g s, expected whole days", expires)
	}
	if timeout, known := s.timeoutSeconds(); known && s.ResultsBucket == nil && expires < timeout {
		found.Add("Results.Expiry: got %.10g s, expected at least the Timeout of %.10g s: an execution reads what it has written", expires, timeout)
	}
}
