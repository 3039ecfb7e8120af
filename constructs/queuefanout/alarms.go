package queuefanout

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/mapjob/mapjob/constructs/internal/alarm"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Alarm is the kind of an alarm, and its construct ID.
type Alarm string

// Alarms of every fan-out, unless Props.Without leaves them out.
const (
	AlarmOldestMessage Alarm = "OldestMessage" // messages wait for too long
	AlarmDeadLetters   Alarm = "DeadLetters"   // a message is in the dead-letter queue
)

// inOrder lists all alarms, in the order in which they are created.
var inOrder = []Alarm{AlarmOldestMessage, AlarmDeadLetters}

func newAlarms(f *queueFanout, settings *Props) map[Alarm]awscloudwatch.Alarm {
	alarms := alarm.Set[Alarm]{Scope: f, Without: settings.Without, Topic: settings.Topic}
	age := refusal.Seconds(settings.OldestMessageAlarm)
	// A queue that has been empty for six hours has no data.
	alarms.Add(AlarmOldestMessage, alarm.Reaches(f.queue.MetricApproximateAgeOfOldestMessage(alarm.Over("Maximum")), age,
		fmt.Sprintf("A message has been in the queue for %.10g s: the consumer fails, or is slower than the producer.", age)))
	alarms.Add(AlarmDeadLetters, alarm.HasMessages(f.deadLetters,
		"Messages are in the dead-letter queue: the consumer's log says why. Fix the consumer and redrive them, or delete them."))
	return alarms.Alarms
}
