package observe

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/internal/statemachine"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Names of the metrics of Step Functions, and of those that a summary writes
// (package job). The dimensions of the latter are the name of the job and, because
// two deployments of a job share it, the name of the state machine.
const (
	statesNamespace       = "AWS/States"
	jobNamespace          = "mapjob"
	jobDimension          = "Job"
	stateMachineDimension = "StateMachine"
)

// Metrics are the metrics of a state machine, each over five minutes.
type Metrics struct {
	// Executions of the state machine, by how they ended. Throttled counts states
	// and retries that had to wait, not executions: with a Job those of the children
	// of its Map too.
	Started, Succeeded, Failed, TimedOut, Aborted, Throttled awscloudwatch.IMetric

	// Duration is the longest execution, in milliseconds.
	Duration awscloudwatch.IMetric

	// Items of all executions that ended, by how the items ended, and FailureRate,
	// the percentage that failed. All are nil if the props have no Job.
	Items, SucceededItems, FailedItems, MissingItems, FailureRate awscloudwatch.IMetric

	// Map Runs of the whole account, in this region: how many are open, how many
	// may be open, and how many wait (Step Functions developer guide, "Map Run
	// Metrics").
	OpenMapRuns, OpenMapRunLimit, MapRunBacklog awscloudwatch.IMetric
}

func period() awscdk.Duration { return awscdk.Duration_Minutes(jsii.Number(5)) }

func newMetrics(settings *Props) *Metrics {
	machine := settings.StateMachine
	sum := func(label string) *awscloudwatch.MetricOptions {
		return &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: period(), Label: jsii.String(label)}
	}
	m := &Metrics{
		Started:   machine.MetricStarted(sum("started")),
		Succeeded: machine.MetricSucceeded(sum("succeeded")),
		Failed:    machine.MetricFailed(sum("failed")),
		TimedOut:  machine.MetricTimedOut(sum("timed out")),
		Aborted:   machine.MetricAborted(sum("aborted")),
		Throttled: throttled(settings, sum("throttled")),
		Duration: machine.MetricTime(&awscloudwatch.MetricOptions{
			Statistic: jsii.String("Maximum"), Period: period(), Label: jsii.String("longest, ms")}),
		OpenMapRuns:     ofAccount("ApproximateOpenMapRunCount", "open"),
		OpenMapRunLimit: ofAccount("OpenMapRunLimit", "may be open"),
		MapRunBacklog:   ofAccount("ApproximateMapRunBacklogSize", "waiting"),
	}
	if settings.Job != nil {
		m.Items = ofJob(settings, "Items", "all")
		m.SucceededItems = ofJob(settings, "Succeeded", "succeeded")
		m.FailedItems = ofJob(settings, "Failed", "failed")
		m.MissingItems = ofJob(settings, "Missing", "missing")
		// Without items the division has no result, so that there is no data.
		m.FailureRate = awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
			Expression:   jsii.String("100 * failed / items"),
			UsingMetrics: &map[string]awscloudwatch.IMetric{"failed": m.FailedItems, "items": m.Items},
			Period:       period(),
			Label:        jsii.String("failed, %"),
		})
	}
	return m
}

// throttled returns the metric of throttled states. The children of a job's Maps
// count as executions of other state machines, NAME/LABEL.
func throttled(settings *Props, options *awscloudwatch.MetricOptions) awscloudwatch.IMetric {
	own := settings.StateMachine.MetricThrottled(options)
	if settings.Job == nil {
		return own
	}
	children := func(label, legend string) awscloudwatch.IMetric {
		return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace: jsii.String(statesNamespace), MetricName: own.MetricName(), Statistic: options.Statistic, Period: options.Period,
			DimensionsMap: &map[string]*string{"StateMachineArn": jsii.String(*settings.StateMachine.StateMachineArn() + "/" + label)},
			Label:         &legend,
		})
	}
	expression, metrics := "SUM([own, children])", map[string]awscloudwatch.IMetric{"own": own, "children": children(protocol.MapLabel, "throttled in children")}
	if hasRerunMap(settings.Job) {
		expression, metrics["reruns"] = "SUM([own, children, reruns])", children(protocol.RerunMapLabel, "throttled in children of reruns")
	}
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression:   &expression, // leaves out those without data
		UsingMetrics: &metrics,
		Period:       options.Period,
		Label:        options.Label,
	})
}

// hasRerunMap reports whether a job has a Map of its own for reruns, which is a state
// beside the state machine.
func hasRerunMap(job Job) bool {
	return job.StateMachine().Node().Scope().Node().TryFindChild(jsii.String(protocol.StateRerunMap)) != nil
}

// ofAccount returns a metric without dimensions.
func ofAccount(name, label string) awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(statesNamespace), MetricName: jsii.String(name),
		Statistic: jsii.String("Maximum"), Period: period(), Label: jsii.String(label),
	})
}

func ofJob(settings *Props, name, label string) awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(jobNamespace), MetricName: jsii.String(name),
		DimensionsMap: &map[string]*string{jobDimension: settings.Job.Name(), stateMachineDimension: statemachine.Name(settings.StateMachine)},
		Statistic:     jsii.String("Sum"), Period: period(), Label: jsii.String(label),
	})
}

// lookBack returns the period of a metric, and how many periods make up a time.
func lookBack(time awscdk.Duration) (awscdk.Duration, *float64) {
	s := refusal.Seconds(time)
	if s <= daySeconds {
		return period(), jsii.Number(s / (5 * minuteSeconds))
	}
	return awscdk.Duration_Hours(jsii.Number(1)), jsii.Number(s / hourSeconds)
}
