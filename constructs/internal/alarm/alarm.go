// Package alarm creates the alarms of a construct that watches something.
package alarm

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Set is the alarms of a construct, by their kind, which is the ID of each.
type Set[Kind ~string] struct {
	Scope   constructs.Construct
	Without []Kind        // those that are left out
	Topic   awssns.ITopic // told when one is raised and when it is over; nil: nobody is
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

// Reaches is an alarm that is raised as soon as a metric reaches a threshold in
// one period. A period without data does not.
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
