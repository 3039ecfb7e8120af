package queuefanout

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Alarm is what an alarm tells, and its ID.
type Alarm string

// Alarms that there are unless they are left out.
const (
	OldestMessage Alarm = "OldestMessage" // messages wait for too long
	DeadLetters   Alarm = "DeadLetters"   // a message that was given up waits for a person
)

// inOrder are all alarms, in the order in which they are created.
var inOrder = []Alarm{OldestMessage, DeadLetters}

func newAlarms(f *queueFanout, settings *Props) map[Alarm]awscloudwatch.Alarm {
	alarms := map[Alarm]awscloudwatch.Alarm{}
	add := func(kind Alarm, metric awscloudwatch.Metric, threshold float64, description string) {
		if slices.Contains(settings.Without, kind) {
			return
		}
		alarm := awscloudwatch.NewAlarm(f, jsii.String(string(kind)), &awscloudwatch.AlarmProps{
			AlarmDescription:   jsii.String(description),
			Metric:             metric,
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
			Threshold:          jsii.Number(threshold),
			EvaluationPeriods:  jsii.Number(1),
			// A queue that has been empty for six hours has no data.
			TreatMissingData: awscloudwatch.TreatMissingData_NOT_BREACHING,
		})
		if settings.Topic != nil {
			action := awscloudwatchactions.NewSnsAction(settings.Topic)
			alarm.AddAlarmAction(action)
			alarm.AddOkAction(action)
		}
		alarms[kind] = alarm
	}
	highest := &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: awscdk.Duration_Minutes(jsii.Number(5))}
	age := refusal.Seconds(settings.OldestMessageAlarm)
	add(OldestMessage, f.queue.MetricApproximateAgeOfOldestMessage(highest), age,
		fmt.Sprintf("A message has been in the queue for %.10g s: the consumer fails, or is too slow for what is sent.", age))
	add(DeadLetters, f.deadLetters.MetricApproximateNumberOfMessagesVisible(highest), 1,
		"There are messages in the dead-letter queue: the consumer's log says why. Move them back when it is mended, or delete them.")
	return alarms
}
