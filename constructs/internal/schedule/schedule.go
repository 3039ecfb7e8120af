// Package schedule has what the schedules of EventBridge Scheduler share: the
// expression, which it checks, and the role.
package schedule

import (
	"errors"
	"strings"
	"time"
	_ "time/tzdata" // the same names of time zones on every machine

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/internal/undelivered"
	"github.com/mapjob/mapjob/internal/schedule"
)

// Times say when a schedule invokes its target.
type Times struct {
	Expression *string // cron(…), rate(…) or at(…)
	TimeZone   *string // nil: UTC
}

// Validate adds what is wrong with the props Expression and TimeZone, whose names
// begin with prefix.
func (t Times) Validate(prefix string, found *refusal.Problems) {
	kind := ""
	switch {
	case t.Expression == nil:
		found.Add("%sExpression: got nothing, expected cron(…), rate(…) or at(…)", prefix)
	case !*awscdk.Token_IsUnresolved(*t.Expression):
		var err error
		if kind, err = schedule.Kind(*t.Expression); err != nil {
			found.Add("%sExpression: got %q: %w", prefix, *t.Expression, err)
		}
	}
	if t.TimeZone != nil && !*awscdk.Token_IsUnresolved(*t.TimeZone) {
		if err := checkTimeZone(*t.TimeZone); err != nil {
			found.Add("%sTimeZone: got %q, expected %w", prefix, *t.TimeZone, err)
		} else if kind == schedule.Rate {
			found.Add("%sTimeZone: got %q, expected nil with a rate, which has no time of day", prefix, *t.TimeZone)
		}
	}
}

func checkTimeZone(name string) error {
	_, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" { // Go takes the last two, Scheduler does not
		return errors.New("a name of the time zone database, such as Europe/Zurich")
	}
	return nil
}

// Schedule returns the times as the CDK takes them.
func (t Times) Schedule() awsscheduler.ScheduleExpression {
	zone := awscdk.TimeZone_ETC_UTC()
	if t.TimeZone != nil {
		zone = awscdk.TimeZone_Of(t.TimeZone)
	}
	return awsscheduler.ScheduleExpression_Expression(jsii.String(canonical(*t.Expression)), zone)
}

// canonical returns an expression with the fields of a cron expression in upper
// case. Another expression, or one that is not known at synth, stays as it is.
func canonical(text string) string {
	inside, ok := strings.CutPrefix(text, schedule.Cron+"(")
	if !ok || *awscdk.Token_IsUnresolved(text) {
		return text
	}
	return schedule.Cron + "(" + strings.ToUpper(inside)
}

// NewRole creates the role of a schedule, which may send to an encrypted
// dead-letter queue. The condition names the schedule's group, not the schedule,
// which is how Scheduler prevents a confused deputy (user guide, "Confused deputy
// prevention").
func NewRole(scope constructs.Construct, id string, deadLetters awssqs.IQueue) awsiam.Role {
	role := awsiam.NewRole(scope, &id, &awsiam.RoleProps{
		AssumedBy: undelivered.ForThisAccount(scope, "scheduler.amazonaws.com", map[string]any{
			"aws:SourceArn": awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
				Service: jsii.String("scheduler"), Resource: jsii.String("schedule-group"), ResourceName: jsii.String("default"),
			}),
		}),
	})
	undelivered.LetSend(role, deadLetters)
	return role
}
