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
	Failed    Alarm = "Failed"    // an execution failed
	TimedOut  Alarm = "TimedOut"  // an execution took longer than its timeout
	Aborted   Alarm = "Aborted"   // an execution was stopped
	Throttled Alarm = "Throttled" // states had to wait
)

// Alarms of props.
const (
	NoSuccess       Alarm = "NoSuccess"       // Props.NoSuccessWithin
	TooManyFailures Alarm = "TooManyFailures" // Props.FailureRate
	MapRunBacklog   Alarm = "MapRunBacklog"   // Props.MapRunBacklog
)

var always = []Alarm{Failed, TimedOut, Aborted, Throttled}

// inOrder lists all alarms, in the order in which they are created and shown.
var inOrder = append(slices.Clone(always), NoSuccess, TooManyFailures, MapRunBacklog)

func newAlarms(scope constructs.Construct, settings *Props, metrics *Metrics) map[Alarm]awscloudwatch.Alarm {
	alarms := alarm.Set[Alarm]{Scope: scope, Without: settings.Without, Topic: settings.Topic}
	alarms.Add(Failed, alarm.Reaches(metrics.Failed, 1, "An execution failed: its error and cause stand at the end of its history."))
	alarms.Add(TimedOut, alarm.Reaches(metrics.TimedOut, 1, "An execution was stopped because it took longer than its timeout."))
	alarms.Add(Aborted, alarm.Reaches(metrics.Aborted, 1, "An execution was stopped from outside."))
	alarms.Add(Throttled, alarm.Reaches(metrics.Throttled, 1, "States had to wait because the account enters more states a second than it may: lower MaxConcurrency, or ask for more."))

	if within := settings.NoSuccessWithin; within != nil {
		period, periods := lookBack(within)
		alarms.Add(NoSuccess, &awscloudwatch.AlarmProps{
			AlarmDescription:   jsii.String(fmt.Sprintf("No execution has succeeded for %s: they fail, or nothing starts them.", *within.ToHumanString())),
			Metric:             settings.StateMachine.MetricSucceeded(&awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: period}),
			ComparisonOperator: awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
			Threshold:          jsii.Number(1),
			EvaluationPeriods:  periods,
			// Without executions there is no data, which is what the alarm is for.
			TreatMissingData: awscloudwatch.TreatMissingData_BREACHING,
		})
	}
	if rate := settings.FailureRate; rate != nil {
		alarms.Add(TooManyFailures, &awscloudwatch.AlarmProps{
			AlarmDescription:   jsii.String(fmt.Sprintf("More than %g%% of the items failed: the report of the execution says which and why.", *rate)),
			Metric:             metrics.FailureRate,
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
			Threshold:          rate,
			EvaluationPeriods:  jsii.Number(1),
			// Between two executions there is no data: the last rate holds.
			TreatMissingData: awscloudwatch.TreatMissingData_IGNORE,
		})
	}
	if settings.MapRunBacklog != nil && *settings.MapRunBacklog {
		alarms.Add(MapRunBacklog, &awscloudwatch.AlarmProps{
			AlarmDescription:   jsii.String("Map Runs of this account wait because too many others are open: run fewer jobs at a time."),
			Metric:             metrics.MapRunBacklog,
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
			Threshold:          jsii.Number(1),
			EvaluationPeriods:  jsii.Number(3),
			TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
		})
	}
	return alarms.Alarms
}
