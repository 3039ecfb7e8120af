package eventhandler

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

// Alarms of every event handler, unless Props.Without leaves them out.
const (
	Errors      Alarm = "Errors"      // the function failed
	Throttles   Alarm = "Throttles"   // the function could not be invoked because too many others ran
	Dropped     Alarm = "Dropped"     // Lambda dropped an event
	DeadLetters Alarm = "DeadLetters" // an event is in the failure queue
	EventAge    Alarm = "EventAge"    // events wait for too long
)

// inOrder lists all alarms, in the order in which they are created.
var inOrder = []Alarm{Errors, Throttles, Dropped, DeadLetters, EventAge}

func newAlarms(h *eventHandler, settings *Props) map[Alarm]awscloudwatch.Alarm {
	alarms := alarm.Set[Alarm]{Scope: h, Without: settings.Without, Topic: settings.Topic}
	function := h.function
	alarms.Add(Errors, alarm.Reaches(function.MetricErrors(over("Sum")), 1,
		"The function failed: its log says why. An event is tried again, a caller of the URL was told."))
	alarms.Add(Throttles, alarm.Reaches(function.MetricThrottles(over("Sum")), 1,
		"The function was not invoked because the account, or the function, runs as many at once as it may. An event waits, a caller of the URL was told."))
	// (AWS Lambda developer guide, "Asynchronous invocation metrics")
	alarms.Add(Dropped, alarm.Reaches(function.Metric(jsii.String("AsyncEventsDropped"), over("Sum")), 1,
		"Lambda gave an event up, after its retries or because it was too old: it should be in the failure queue."))
	alarms.Add(DeadLetters, alarm.Reaches(h.failureQueue.MetricApproximateNumberOfMessagesVisible(over("Maximum")), 1,
		"There are events in the failure queue: look at them, invoke the function with them again where they are still of use, and delete them."))
	age := settings.maxEventAgeSeconds() / 2
	if settings.EventAgeAlarm != nil {
		age = refusal.Seconds(settings.EventAgeAlarm)
	}
	alarms.Add(EventAge, alarm.Reaches(function.Metric(jsii.String("AsyncEventAge"), over("Maximum")), age*1000, // in milliseconds
		fmt.Sprintf("An event waited for %g s until the function was invoked: it fails, or is throttled. Events are given up after %g s.", age, settings.maxEventAgeSeconds())))
	return alarms.Alarms
}

func over(statistic string) *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{Statistic: &statistic, Period: awscdk.Duration_Minutes(jsii.Number(5))}
}
