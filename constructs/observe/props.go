package observe

import (
	"math"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Job is a job that can be watched, such as a mapjob.Job.
type Job interface {
	// StateMachine returns the state machine of the job.
	StateMachine() awsstepfunctions.StateMachine

	// Name returns the job's name in the metrics that its summary writes.
	Name() *string
}

// Props are the props of an observer.
type Props struct {
	// Job is the job to watch: its state machine, the items that its summary
	// counts, and the throttled states of its Map's child executions. An Inline job
	// without a Summary writes no metrics of items.
	// Required, unless there is a StateMachine.
	Job Job

	// StateMachine is a state machine to watch that is not a job's.
	// Required, unless there is a Job.
	StateMachine awsstepfunctions.IStateMachine

	// Topic gets a message when an alarm is raised and when it is over. An
	// encrypted topic needs a key that CloudWatch may use, such as the key of
	// NewTopic.
	// Default: alarms change their state and send no message.
	Topic awssns.ITopic

	// Without leaves out alarms: Failed, TimedOut, Aborted or Throttled. If
	// executions replace each other, or people stop them, leave out Aborted.
	// Default: one execution that failed, timed out or was aborted raises an
	// alarm, and so does one throttled state.
	Without []Alarm

	// NoSuccessWithin raises an alarm if no execution has succeeded for this
	// long, because they failed or none was started: 5 minutes to a day in steps
	// of 5 minutes, or up to seven days in whole hours. The alarm is also raised
	// before the first execution has succeeded. A skipped execution counts as a
	// success: keep the job's Timeout below this time, so that an execution that
	// hangs raises the alarm TimedOut.
	// Default: no alarm.
	NoSuccessWithin awscdk.Duration

	// FailureRate raises an alarm if more than this percentage of the items
	// failed, of all executions that ended within five minutes: 0 to less than
	// 100. The alarm stays until a later execution does better. It needs a Job.
	// Default: no alarm.
	FailureRate *float64

	// MapRunBacklog raises an alarm if Map Runs have waited for a quarter of an
	// hour because the account has 1,000 open ones, which is the limit. It is
	// about all state machines of the account: one observer with it is enough.
	// Default: no alarm.
	MapRunBacklog *bool

	// Dashboard gets the widgets.
	// Default: the observer creates a dashboard.
	Dashboard awscloudwatch.Dashboard
}

// How far an alarm looks back (CloudWatch user guide, "Alarm evaluation"): a
// day, or seven days if a period is an hour or more.
const (
	minuteSeconds = 60
	hourSeconds   = 3600
	daySeconds    = 24 * hourSeconds
	weekSeconds   = 7 * daySeconds
)

// validate returns every problem with the props.
func (p *Props) validate() (found refusal.Problems) {
	switch {
	case p.Job == nil && p.StateMachine == nil:
		found.Add("Job, StateMachine: got neither, expected one: the job or the state machine to watch")
	case p.Job != nil && p.StateMachine != nil:
		found.Add("StateMachine: got one with a Job, expected one of them: an observer of a job watches its state machine")
	}
	refusal.Without(&found, p.Without, always)
	if d := p.NoSuccessWithin; d != nil && !*d.IsUnresolved() {
		if s := refusal.Seconds(d); !canLookBack(s) {
			found.Add("NoSuccessWithin: got %g s, expected 5 minutes to a day in steps of 5 minutes, or whole hours up to seven days", s)
		}
	}
	if r := p.FailureRate; r != nil && !*awscdk.Token_IsUnresolved(*r) {
		if math.IsNaN(*r) || *r < 0 || *r >= 100 {
			found.Add("FailureRate: got %g, expected a percentage from 0 to less than 100", *r)
		}
	}
	if p.FailureRate != nil && p.Job == nil {
		found.Add("FailureRate: got a percentage without a Job, expected both: the rate is that of the job's items")
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
