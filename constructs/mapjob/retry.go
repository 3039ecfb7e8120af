package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/mapjob/mapjob/constructs/internal/retry"
)

// A new account has a concurrency of about ten, so that most calls of a Map with
// 100 children are throttled. Throttles are retried for as long as the task's
// execution allows.
const (
	// throttles is how many times a throttled task is retried in an execution with
	// few other events: with delays of 1 s, 2 s, … and then 5 minutes that is an
	// hour on average, 32 transitions and 96 events.
	throttles       = 32
	maxDelaySeconds = 300

	// inlineThrottles is how many times a throttled item of an Inline job is
	// retried, whose history has the events of all items: 12 minutes on average.
	inlineThrottles = 12

	// An Express child has five minutes, the work included: two and a half at most.
	expressThrottles       = 9
	expressMaxDelaySeconds = 30

	// maxEachItem is how many items with their own states a Standard child may get:
	// its history has the events of all of them.
	maxEachItem = 1000
)

// retryService retries throttles and errors of the Lambda service. Delays are at
// most maxDelay seconds.
func retryService(task awsstepfunctionstasks.LambdaInvoke, attempts, maxDelay float64) {
	task.AddRetry(retry.Of(attempts, maxDelay, "Lambda.TooManyRequestsException", "Lambda.ClientExecutionTimeoutException",
		"Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"))
}

// retryFailures retries a job start or a summary that could not report its failure:
// both can begin again. One that exited or was killed is retried twice. One that
// timed out is retried once: a dependency may have been slow, but work that takes
// too long takes too long again, for up to 15 minutes. AWS has reported both
// failures by two names, and Lambda.Unknown stood for timeouts. An error that the
// function returned is not retried: it would come again.
func retryFailures(task awsstepfunctionstasks.LambdaInvoke) {
	task.AddRetry(retry.Of(2, 0, "Runtime.ExitError", "Runtime.OutOfMemory"))
	task.AddRetry(retry.Of(1, 0, "Sandbox.Timedout", "Lambda.Unknown"))
}

// retryWorkerService retries throttles of a worker, as often as the history and the
// time of its execution allow.
func (s *settings) retryWorkerService(task awsstepfunctionstasks.LambdaInvoke) {
	switch {
	case s.mode.express:
		retryService(task, expressThrottles, expressMaxDelaySeconds)
	case s.mode.inline:
		retryService(task, inlineThrottles, maxDelaySeconds)
	case s.itemByItem() && s.mode.batchSize != nil:
		retryService(task, float64(s.eachItemThrottles()), maxDelaySeconds)
	default:
		retryService(task, throttles, maxDelaySeconds)
	}
}

// eachItemThrottles returns how many times a throttled item of a batch is retried
// if items have their own states.
func (s *settings) eachItemThrottles() int {
	if *awscdk.Token_IsUnresolved(*s.mode.batchSize) {
		return s.fitting(maxEachItem)
	}
	return s.fitting(int(*s.mode.batchSize))
}

// fitting returns how many times each of n items may be retried in one history.
func (s *settings) fitting(n int) int {
	most := throttles
	for most > 0 && n*s.itemEvents(most) > maxEvents-otherEvents {
		most--
	}
	return most
}
