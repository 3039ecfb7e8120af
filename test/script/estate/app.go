// Command estate is a CDK app of several stages and stacks: jobs whose workers
// are in other stacks, in a VPC, and in Python and JavaScript.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/mapjob"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	for _, name := range []string{"Dev", "Prod"} {
		deploy(app, name)
	}
	app.Synth(nil)
}

// deploy adds a stage: the stack Shared has a function in a VPC, Far is in another
// region, and Jobs has the jobs, one of them in a nested stack.
func deploy(app awscdk.App, name string) {
	here := &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-central-1")}
	stage := awscdk.NewStage(app, jsii.String(name), &awscdk.StageProps{Env: here})

	shared := awscdk.NewStack(stage, jsii.String("Shared"), nil)
	vpc := awsec2.NewVpc(shared, jsii.String("Vpc"), &awsec2.VpcProps{NatGateways: jsii.Number(0), MaxAzs: jsii.Number(1), RestrictDefaultSecurityGroup: jsii.Bool(false)})
	layer := awslambda.NewLayerVersion(shared, jsii.String("Prices"), &awslambda.LayerVersionProps{Code: source("layer")})
	pythonWorker := awslambda.NewFunction(shared, jsii.String("Worker"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: jsii.String("worker.handle"), Code: source("python"), Layers: &[]awslambda.ILayerVersion{layer},
		Vpc: vpc, VpcSubnets: &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED},
	})
	awsssm.NewStringParameter(shared, jsii.String("Tax"), &awsssm.StringParameterProps{ParameterName: jsii.String("/" + name + "/tax"), StringValue: jsii.String("19")})

	far := awscdk.NewStack(stage, jsii.String("Far"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: here.Account, Region: jsii.String("us-west-2")}, CrossRegionReferences: jsii.Bool(true)})
	archive := awss3.NewBucket(far, jsii.String("Archive"), nil)

	jobs := awscdk.NewStack(stage, jsii.String("Jobs"), &awscdk.StackProps{CrossRegionReferences: jsii.Bool(true)})
	currency := awscdk.NewCfnParameter(jobs, jsii.String("Currency"), nil)
	nodeWorker := awslambda.NewFunction(jobs, jsii.String("NodeWorker"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("worker.handle"), Code: source("node"),
		Environment: &map[string]*string{
			"CURRENCY": currency.ValueAsString(),
			"ARCHIVE":  archive.BucketName(),
			"TAX":      awsssm.StringParameter_ValueForStringParameter(jobs, jsii.String("/"+name+"/tax"), nil),
		},
	})
	image := awslambda.NewDockerImageFunction(jobs, jsii.String("Image"), &awslambda.DockerImageFunctionProps{
		Code: awslambda.DockerImageCode_FromEcr(awsecr.Repository_FromRepositoryName(jobs, jsii.String("Images"), jsii.String("images")), nil),
	})
	nightly := awscdk.NewNestedStack(jobs, jsii.String("Nightly"), nil)
	job(nightly, "Orders", pythonWorker, &mapjob.Inline{})
	job(nightly, "Refunds", pythonWorker, &mapjob.Distributed{}) // which brings a function in Go along
	job(jobs, "Prices", nodeWorker, &mapjob.Inline{})
	job(jobs, "Scans", image, &mapjob.Inline{})
}

func job(scope constructs.Construct, name string, worker awslambda.IFunction, mode mapjob.Mode) {
	mapjob.New(scope, jsii.String(name), &mapjob.Props{Worker: worker, Mode: mode, WorkerRetries: jsii.Number(0)})
}

func source(folder string) awslambda.Code {
	return awslambda.Code_FromAsset(jsii.String(folder), nil)
}
