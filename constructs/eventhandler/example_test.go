package eventhandler_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/eventhandler"
	"github.com/mapjob/mapjob/constructs/gofunction"
)

func Example() {
	// The context skips the build of the function. Leave it out in your own app.
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}})
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
	function := gofunction.New(stack, jsii.String("Handler"), &gofunction.Props{
		Package: jsii.String("github.com/mapjob/mapjob/lambdas/eventhandler"),
	})

	nightly := eventhandler.New(stack, jsii.String("Nightly"), &eventhandler.Props{
		Function: function,
		Schedule: &eventhandler.Schedule{
			Expression: awsscheduler.ScheduleExpression_Cron(&awsscheduler.CronOptionsWithTimezone{
				Minute: jsii.String("0"), Hour: jsii.String("2"), TimeZone: awscdk.TimeZone_EUROPE_ZURICH(),
			}),
		},
	})

	fmt.Println(*nightly.Schedule().Node().Path())
	fmt.Println(*nightly.FailureQueue().Node().Path())
	// Output:
	// Shop/Nightly/Schedule
	// Shop/Nightly/Failures
}
