// This app has what docs/local-run.md names: a stage, a parameter, a bucket, and
// functions that are neither Go nor Python nor JavaScript.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/stacks"
)

func main() {
	defer mapjob.Close()
	app := awscdk.NewApp(nil)
	stack := stacks.NewInvoicing(awscdk.NewStage(app, jsii.String("Prod"), nil), jsii.String("Jobs"), nil)
	awss3.NewBucket(stack, jsii.String("Archive"), nil)
	currency := awscdk.NewCfnParameter(stack, jsii.String("Currency"), nil)
	for _, name := range []string{"Pricing", "Scanner"} {
		awslambda.NewFunction(stack, &name, &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_JAVA_21(), Handler: jsii.String("shop." + name), Code: awslambda.Code_FromAsset(jsii.String("examples"), nil),
			Environment: &map[string]*string{"CURRENCY": currency.ValueAsString()},
		})
	}
	app.Synth(nil)
}
