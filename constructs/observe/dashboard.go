package observe

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// addWidgets adds a row of widgets for each subject. A dashboard is 24 units
// wide.
func addWidgets(dashboard awscloudwatch.Dashboard, settings *Props, m *Metrics, alarms map[Alarm]awscloudwatch.Alarm) {
	name := "Executions"
	if settings.Job != nil {
		name = *settings.Job.Name()
	}
	var shown []interfacesawscloudwatch.IAlarmRef
	for _, kind := range inOrder {
		if alarm := alarms[kind]; alarm != nil {
			// From the name, because local substitutes for CloudFormation have a
			// resource's name before its attributes.
			arn := awscdk.Stack_Of(alarm).FormatArn(&awscdk.ArnComponents{Service: jsii.String("cloudwatch"),
				Resource: jsii.String("alarm"), ResourceName: alarm.AlarmName(), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME})
			shown = append(shown, awscloudwatch.Alarm_FromAlarmArn(alarm, jsii.String("OnDashboard"), arn))
		}
	}
	if len(shown) > 0 {
		dashboard.AddWidgets(awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{
			Title: jsii.String(name + ": alarms"), Alarms: &shown, Width: jsii.Number(24)}))
	}
	dashboard.AddWidgets(
		graph(name+": executions", m.Started, m.Succeeded, m.Failed, m.TimedOut, m.Aborted),
		graph(name+": duration", m.Duration))
	if settings.Job != nil {
		dashboard.AddWidgets(
			graph(name+": items", m.Items, m.SucceededItems, m.FailedItems, m.MissingItems),
			graph(name+": failure rate", m.FailureRate))
	}
	dashboard.AddWidgets(
		graph(name+": throttled states", m.Throttled),
		graph("Map Runs of the account", m.OpenMapRuns, m.OpenMapRunLimit, m.MapRunBacklog))
}

func graph(title string, metrics ...awscloudwatch.IMetric) awscloudwatch.GraphWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title), Left: &metrics, Width: jsii.Number(12),
		LeftYAxis: &awscloudwatch.YAxisProps{Min: jsii.Number(0), ShowUnits: jsii.Bool(false)},
	})
}
