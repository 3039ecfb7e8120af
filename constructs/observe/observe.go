package observe

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Observer watches a state machine.
type Observer interface {
	constructs.Construct

	// Metrics returns the metrics, for more alarms and widgets.
	Metrics() *Metrics

	// Alarms returns the alarms by their kinds.
	Alarms() map[Alarm]awscloudwatch.Alarm

	// Dashboard returns the dashboard: the given one, or the observer's own.
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

// New creates alarms and a dashboard for the job or the state machine in props. It panics
// with every problem of the props at once, before it creates anything.
func New(scope constructs.Construct, id *string, props *Props) Observer {
	var settings Props
	if props != nil {
		settings = *props
	}
	settings.validate().Refuse(scope, id)
	if settings.Job != nil {
		settings.StateMachine = settings.Job.StateMachine()
	}
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
