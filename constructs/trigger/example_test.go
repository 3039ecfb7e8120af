package trigger_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/trigger"
)

func ExampleNewSchedule() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("Nightly"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(awsstepfunctions.Pass_Jsonata(stack, jsii.String("Work"), nil)),
	})

	schedule := trigger.NewSchedule(stack, jsii.String("AtThree"), &trigger.ScheduleProps{
		StateMachine: machine,
		Expression:   jsii.String("cron(0 3 * * ? *)"),
		TimeZone:     jsii.String("Europe/Zurich"),
	})

	fmt.Println(*schedule.Schedule().Node().Path())
	fmt.Println(*schedule.DeadLetterQueue().Node().Path())
	// Output:
	// Shop/AtThree/Schedule
	// Shop/AtThree/DeadLetters
}
