package eventhandler

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/alarm"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// Alarm is the kind of an alarm, and its construct ID.
type Alarm string

// Alarms of every event handler, unless Props.Without leaves them out.
const (
	AlarmErrors      Alarm = "Errors"      // the function failed
	AlarmThrottles   Alarm = "Throttles"   // Lambda throttled the function
	AlarmDropped     Alarm = "Dropped"     // Lambda dropped an event
	AlarmDeadLetters Alarm = "DeadLetters" // an event is in the dead-letter queue
	AlarmEventAge    Alarm = "EventAge"    // events wait for too long
)

// inOrder lists all alarms, in the order in which they are created.
var inOrder = []Alarm{AlarmErrors, AlarmThrottles, AlarmDropped, AlarmDeadLetters, AlarmEventAge}

func newAlarms(h *eventHandler, settings *Props) map[Alarm]awscloudwatch.Alarm {
	alarms := alarm.Set[Alarm]{Scope: h, Without: settings.Without, Topic: settings.Topic}
	function := h.function
	alarms.Add(AlarmErrors, alarm.Reaches(function.MetricErrors(alarm.Over("Sum")), 1,
		"The function failed: its log says why. Lambda retries an event. A caller of the URL got the error."))
	alarms.Add(AlarmThrottles, alarm.Reaches(function.MetricThrottles(alarm.Over("Sum")), 1,
		"Lambda throttled the function: the concurrency of the account or of the function is used up. An event waits. A caller of the URL got an error."))
	// (AWS Lambda developer guide, "Asynchronous invocation metrics")
	alarms.Add(AlarmDropped, alarm.Reaches(function.Metric(jsii.String("AsyncEventsDropped"), alarm.Over("Sum")), 1,
		"Lambda dropped an event, after its retries or because it was too old: it should be in the dead-letter queue."))
	alarms.Add(AlarmDeadLetters, alarm.HasMessages(h.deadLetters,
		"Events are in the dead-letter queue: invoke the function again with those that still matter, and delete them."))
	age := settings.maxEventAgeSeconds() / 2
	if settings.EventAgeAlarm != nil {
		age = refusal.Seconds(settings.EventAgeAlarm)
	}
	alarms.Add(AlarmEventAge, alarm.Reaches(function.Metric(jsii.String("AsyncEventAge"), alarm.Over("Maximum")), age*1000, // in milliseconds
		fmt.Sprintf("An event waited for %g s before the function was invoked: the function fails, or is throttled. Events are dropped after %g s.", age, settings.maxEventAgeSeconds())))
	return alarms.Alarms
}
