package observe

import (
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Props of an observer.
type Props struct {
	// StateMachine is what is watched.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Job is what the job calls itself in the metrics that its summary writes. An
	// Inline job without a Summary writes none.
	// Default: executions are watched, the items in them are not.
	Job *string

	// Topic is who is told that an alarm was raised, and that it is over. An
	// encrypted topic needs a key that CloudWatch may use, as those of NewTopic.
	// Default: alarms change their state and tell nobody.
	Topic awssns.ITopic

	// Without leaves out alarms that there are otherwise: Failed, TimedOut,
	// Aborted or Throttled. Where executions replace each other, or people stop
	// them, Aborted tells nothing new.
	// Default: one execution that failed, timed out or was aborted raises an
	// alarm, and so does one state that was throttled.
	Without []Alarm

	// NoSuccessWithin raises an alarm when no execution has succeeded for this
	// long, whether they failed or were never started: 5 minutes to a day in
	// steps of 5 minutes, or up to seven days in whole hours. The alarm is
	// raised as well before the first execution has succeeded. One that was
	// skipped because another ran has succeeded too: keep the job's Timeout
	// under this time, so that one that hangs ends in the alarm TimedOut.
	// Default: the job may rest for as long as it likes.
	NoSuccessWithin awscdk.Duration

	// FailureRate raises an alarm when more than this percentage of the items
	// failed, of all executions that ended within five minutes. It stays until
	// a later execution does better.
	// Default: how many items fail is left to what the job tolerates.
	FailureRate *float64

	// MapRunBacklog raises an alarm when Map Runs have waited for a quarter of
	// an hour because the account has as many open as it may, 1,000. This
	// concerns every state machine of the account: one observer of it is enough.
	// Default: Map Runs may wait.
	MapRunBacklog *bool

	// Dashboard is where the widgets go.
	// Default: they get a dashboard of their own.
	Dashboard awscloudwatch.Dashboard
}

// How far an alarm looks back (CloudWatch user guide, "Alarm evaluation"): a
// day, or seven where a period is at least an hour.
const (
	minuteSeconds = 60
	hourSeconds   = 3600
	daySeconds    = 24 * hourSeconds
	weekSeconds   = 7 * daySeconds
)

// validate names every problem, each with what it got and what it expects.
func (p *Props) validate() (found refusal.Problems) {
	if p.StateMachine == nil {
		found.Add("StateMachine: got nothing, expected the state machine to watch")
	}
	if p.Job != nil && *p.Job == "" {
		found.Add("Job: got an empty name, expected that which the job's metrics have")
	}
	refusal.Without(&found, p.Without, always)
	if d := p.NoSuccessWithin; d != nil && !*d.IsUnresolved() {
		if s := refusal.Seconds(d); !canLookBack(s) {
			found.Add("NoSuccessWithin: got %g s, expected 5 minutes to a day in steps of 5 minutes, or whole hours up to seven days", s)
		}
	}
	if r := p.FailureRate; r != nil && !*awscdk.Token_IsUnresolved(*r) {
		if math.IsNaN(*r) || *r < 0 || *r >= 100 {
			found.Add("FailureRate: got %g, expected a percentage from 0 to less than 100, which more items can fail than", *r)
		}
	}
	if p.FailureRate != nil && p.Job == nil {
		found.Add("FailureRate: got a percentage without a Job, expected the name that the job's metrics have")
	}
	return found
}

func canLookBack(s float64) bool {
	switch {
	case s < 5*minuteSeconds || s > weekSeconds:
		return false
	case s <= daySeconds:
		return math.Mod(s, 5*minuteSeconds) == 0
	}
	return math.Mod(s, hourSeconds) == 0
}
