package eventhandler_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
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
			Expression: jsii.String("cron(0 2 * * ? *)"),
			TimeZone:   jsii.String("Europe/Zurich"),
		},
	})

	fmt.Println(*nightly.Schedule().Node().Path())
	fmt.Println(*nightly.DeadLetterQueue().Node().Path())
	// Output:
	// Shop/Nightly/Schedule
	// Shop/Nightly/Failures
}
