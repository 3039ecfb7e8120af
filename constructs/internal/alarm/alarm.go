// Package alarm creates the alarms of a construct that watches something.
package alarm

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Set has the alarms of a construct by their kinds, which are their IDs.
type Set[Kind ~string] struct {
	Scope   constructs.Construct
	Without []Kind        // alarms to leave out
	Topic   awssns.ITopic // gets a message when an alarm is raised and when it is over; may be nil
	Alarms  map[Kind]awscloudwatch.Alarm
}

// Add creates an alarm, unless it is left out.
func (s *Set[Kind]) Add(kind Kind, props *awscloudwatch.AlarmProps) {
	if slices.Contains(s.Without, kind) {
		return
	}
	alarm := awscloudwatch.NewAlarm(s.Scope, jsii.String(string(kind)), props)
	if s.Topic != nil {
		action := awscloudwatchactions.NewSnsAction(s.Topic)
		alarm.AddAlarmAction(action)
		alarm.AddOkAction(action)
	}
	if s.Alarms == nil {
		s.Alarms = map[Kind]awscloudwatch.Alarm{}
	}
	s.Alarms[kind] = alarm
}

// Over returns the options of a metric that is looked at every five minutes.
func Over(statistic string) *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{Statistic: &statistic, Period: awscdk.Duration_Minutes(jsii.Number(5))}
}

// HasMessages returns the props of an alarm that is raised when a queue has a
// message.
func HasMessages(queue awssqs.IQueue, description string) *awscloudwatch.AlarmProps {
	return Reaches(queue.MetricApproximateNumberOfMessagesVisible(Over("Maximum")), 1, description)
}

// Reaches returns the props of an alarm that is raised when a metric reaches a
// threshold in one period. A period without data does not raise it.
func Reaches(metric awscloudwatch.IMetric, threshold float64, description string) *awscloudwatch.AlarmProps {
	return &awscloudwatch.AlarmProps{
		AlarmDescription:   &description,
		Metric:             metric,
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		Threshold:          &threshold,
		EvaluationPeriods:  jsii.Number(1),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	}
}
