// Package observe watches a state machine: metrics, alarms and a dashboard,
// topics for what there is to tell, and messages when an execution has ended.
//
//	topic := observe.NewTopic(stack, jsii.String("Alerts"), nil)
//	observe.New(stack, jsii.String("Observe"), &observe.Props{
//		StateMachine:    job.StateMachine(),
//		Job:             jsii.String("Invoicing"),
//		Topic:           topic,
//		NoSuccessWithin: awscdk.Duration_Hours(jsii.Number(26)),
//	})
//
// Metrics are made in one place, metrics.go, and alarms in another, alarms.go.
// Who is told of an ending, and by whom, is told in notify.go and endings.go.
package observe

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Observer watches a state machine.
type Observer interface {
	constructs.Construct

	// Metrics are what is watched, for alarms and widgets of your own.
	Metrics() *Metrics

	// Alarms are those that there are, by what they tell.
	Alarms() map[Alarm]awscloudwatch.Alarm

	// Dashboard is the observer's own, or the given one.
	Dashboard() awscloudwatch.Dashboard
}

type observer struct {
	constructs.Construct
	metrics   *Metrics
	alarms    map[Alarm]awscloudwatch.Alarm
	dashboard awscloudwatch.Dashboard
}

func (o *observer) Metrics() *Metrics                     { return o.metrics }
func (o *observer) Alarms() map[Alarm]awscloudwatch.Alarm { return o.alarms }
func (o *observer) Dashboard() awscloudwatch.Dashboard    { return o.dashboard }

// New watches the state machine in props. It panics with every problem of the
// props at once, before it creates anything.
func New(scope constructs.Construct, id *string, props *Props) Observer {
	var settings Props
	if props != nil {
		settings = *props
	}
	settings.validate().Refuse(scope, id)
	o := &observer{}
	constructs.NewConstruct_Override(o, scope, id)
	o.metrics = newMetrics(&settings)
	o.alarms = newAlarms(o, &settings, o.metrics)
	o.dashboard = settings.Dashboard
	if o.dashboard == nil {
		o.dashboard = awscloudwatch.NewDashboard(o, jsii.String("Dashboard"), nil)
	}
	addWidgets(o.dashboard, &settings, o.metrics, o.alarms)
	return o
}
