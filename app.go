// The CDK app. `npx cdk synth` and `npx cdk deploy` run it, and so does
// `mapjob run`.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/stacks"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stacks.NewInvoicing(app, jsii.String("Invoicing"), &awscdk.StackProps{
		Description: jsii.String("Nightly invoicing, a sample job of mapjob"),
	})
	app.Synth(nil)
}
