package observe

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/alarm"
)

// Alarm is the kind of an alarm, and its construct ID.
type Alarm string

// Alarms of every observer, unless Props.Without leaves them out.
const (
	AlarmFailed    Alarm = "Failed"    // an execution failed
	AlarmTimedOut  Alarm = "TimedOut"  // an execution took longer than its timeout
	AlarmAborted   Alarm = "Aborted"   // an execution was stopped
	AlarmThrottled Alarm = "Throttled" // states had to wait
)

// Alarms of props.
const (
	AlarmNoSuccess       Alarm = "NoSuccess"       // Props.NoSuccessWithin
	AlarmTooManyFailures Alarm = "TooManyFailures" // Props.FailureRate
	AlarmMapRunBacklog   Alarm = "MapRunBacklog"   // Props.MapRunBacklog
)

var always = []Alarm{AlarmFailed, AlarmTimedOut, AlarmAborted, AlarmThrottled}

// inOrder lists all alarms, in the order in which they are created and shown.
var inOrder = append(slices.Clone(always), AlarmNoSuccess, AlarmTooManyFailures, AlarmMapRunBacklog)

func newAlarms(scope constructs.Construct, settings *Props, metrics *Metrics) map[Alarm]awscloudwatch.Alarm {
	alarms := alarm.Set[Alarm]{Scope: scope, Without: settings.Without, Topic: settings.Topic}
	alarms.Add(AlarmFailed, alarm.Reaches(metrics.Failed, 1, "An execution failed: the end of its history has the error and the cause."))
	alarms.Add(AlarmTimedOut, alarm.Reaches(metrics.TimedOut, 1, "An execution took longer than its timeout and was stopped."))
	alarms.Add(AlarmAborted, alarm.Reaches(metrics.Aborted, 1, "An execution was aborted: a user or a program stopped it."))
	alarms.Add(AlarmThrottled, alarm.Reaches(metrics.Throttled, 1, "State transitions were throttled: lower MaxConcurrency, or request a higher quota."))

	if within := settings.NoSuccessWithin; within != nil {
		period, periods := lookBack(within)
		alarms.Add(AlarmNoSuccess, &awscloudwatch.AlarmProps{
			AlarmDescription:   jsii.String(fmt.Sprintf("No execution has succeeded for %s: executions fail, or none is started.", *within.ToHumanString())),
			Metric:             settings.StateMachine.MetricSucceeded(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: period}),
			ComparisonOperator: awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
			Threshold:          jsii.Number(1),
			EvaluationPeriods:  periods,
			// Without executions there is no data, which is what the alarm is for.
			TreatMissingData: awscloudwatch.TreatMissingData_BREACHING,
		})
	}
	if rate := settings.FailureRate; rate != nil {
		alarms.Add(AlarmTooManyFailures, &awscloudwatch.AlarmProps{
			AlarmDescription:   jsii.String(fmt.Sprintf("More than %g%% of the items failed: the execution's report says which and why.", *rate)),
			Metric:             metrics.FailureRate,
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
			Threshold:          rate,
			EvaluationPeriods:  jsii.Number(1),
			// Between two executions there is no data: the last rate holds.
			TreatMissingData: awscloudwatch.TreatMissingData_IGNORE,
		})
	}
	if settings.MapRunBacklog != nil && *settings.MapRunBacklog {
		alarms.Add(AlarmMapRunBacklog, &awscloudwatch.AlarmProps{
			AlarmDescription:   jsii.String("Map Runs wait because the account has too many open ones: run fewer jobs at the same time."),
			Metric:             metrics.MapRunBacklog,
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
			Threshold:          jsii.Number(1),
			EvaluationPeriods:  jsii.Number(3),
			TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
		})
	}
	return alarms.Alarms
}
