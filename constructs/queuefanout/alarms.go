package queuefanout

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/alarm"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Alarm is the kind of an alarm, and its construct ID.
type Alarm string

// Alarms of every fan-out, unless Props.Without leaves them out.
const (
	OldestMessage Alarm = "OldestMessage" // messages wait for too long
	DeadLetters   Alarm = "DeadLetters"   // a message is in the dead-letter queue
)

// inOrder lists all alarms, in the order in which they are created.
var inOrder = []Alarm{OldestMessage, DeadLetters}

func newAlarms(f *queueFanout, settings *Props) map[Alarm]awscloudwatch.Alarm {
	// A queue that has been empty for six hours has no data.
	alarms := alarm.Set[Alarm]{Scope: f, Without: settings.Without, Topic: settings.Topic}
	highest := &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: awscdk.Duration_Minutes(jsii.Number(5))}
	age := refusal.Seconds(settings.OldestMessageAlarm)
	alarms.Add(OldestMessage, alarm.Reaches(f.queue.MetricApproximateAgeOfOldestMessage(highest), age,
		fmt.Sprintf("A message has been in the queue for %.10g s: the consumer fails, or is too slow for what is sent.", age)))
	alarms.Add(DeadLetters, alarm.Reaches(f.deadLetters.MetricApproximateNumberOfMessagesVisible(highest), 1,
		"There are messages in the dead-letter queue: the consumer's log says why. Move them back when it is mended, or delete them."))
	return alarms.Alarms
}
