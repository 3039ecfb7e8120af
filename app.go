// The CDK app. `npx cdk synth` and `npx cdk deploy` run it, and so does
// `mapjob run`. The context says which architecture:
// `npx cdk synth -c architecture=queue-fanout`.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/stacks"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stacks.New(app)
	app.Synth(nil)
}
