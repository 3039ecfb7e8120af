// Package retry has the retries of tasks, whose delays are alike: the first is a
// second, and each further one twice as long. They have full jitter, so that on average
// they are half as long.
package retry

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
)

// All is the name of every error that a task can retry.
const All = "States.ALL"

// Of retries errors. Delays are at most maxDelay seconds; 0: they have no limit.
func Of(attempts, maxDelay float64, errors ...string) *awsstepfunctions.RetryProps {
	props := &awsstepfunctions.RetryProps{
		Errors:         jsii.Strings(errors...),
		MaxAttempts:    &attempts,
		Interval:       awscdk.Duration_Seconds(jsii.Number(1)),
		BackoffRate:    jsii.Number(2),
		JitterStrategy: awsstepfunctions.JitterType_FULL,
	}
	if maxDelay > 0 {
		props.MaxDelay = awscdk.Duration_Seconds(&maxDelay)
	}
	return props
}

// Briefly retries every error of a call that must not hold up the execution: three
// times, for 3.5 seconds on average.
func Briefly() *awsstepfunctions.RetryProps { return Of(3, 0, All) }

// Never does not retry errors that another try would have too. Add it before a retry
// of every error.
func Never(errors ...string) *awsstepfunctions.RetryProps {
	return &awsstepfunctions.RetryProps{Errors: jsii.Strings(errors...), MaxAttempts: jsii.Number(0)}
}
