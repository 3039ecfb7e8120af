// Command faulty is a CDK app whose functions do what their items say.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Faulty"), nil)
	function := func(name string) *gofunction.Props {
		return &gofunction.Props{Entry: jsii.String(name), Timeout: awscdk.Duration_Seconds(jsii.Number(2))}
	}
	worker := gofunction.New(stack, jsii.String("Worker"), function("worker"))
	summary := gofunction.New(stack, jsii.String("Summary"), function("summary"))
	jobStart := gofunction.New(stack, jsii.String("JobStart"), function("jobstart"))
	asker := gofunction.New(stack, jsii.String("Asker"), function("asker"))
	nonsense := gofunction.New(stack, jsii.String("Nonsense"), function("nonsense"))

	inTwos := &mapjob.Distributed{BatchSize: jsii.Number(2)}
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{
		Worker: worker, Summary: summary, Mode: inTwos, WorkerRetries: jsii.Number(0),
	})
	mapjob.New(stack, jsii.String("Tolerant"), &mapjob.Props{
		Worker: worker, Summary: summary, Mode: inTwos, WorkerRetries: jsii.Number(1), ToleratedFailurePercentage: jsii.Number(100),
	})
	mapjob.New(stack, jsii.String("Large"), &mapjob.Props{
		Worker: worker, Summary: summary, Mode: &mapjob.Distributed{BatchSize: jsii.Number(1000), MaxConcurrency: jsii.Number(8)},
		WorkerRetries: jsii.Number(0), ToleratedFailurePercentage: jsii.Number(100),
	})
	mapjob.New(stack, jsii.String("Inline"), &mapjob.Props{
		Worker: worker, Summary: summary, Mode: &mapjob.Inline{}, WorkerRetries: jsii.Number(0),
	})
	mapjob.New(stack, jsii.String("Bare"), &mapjob.Props{Worker: worker, Mode: inTwos, WorkerRetries: jsii.Number(0)})
	mapjob.New(stack, jsii.String("Chunks"), &mapjob.Props{
		JobStart: jobStart, Worker: worker, Summary: summary, Mode: &mapjob.ByReference{ChunkSize: jsii.Number(3)}, WorkerRetries: jsii.Number(2),
	})
	mapjob.New(stack, jsii.String("NonsenseStart"), &mapjob.Props{JobStart: nonsense, Worker: worker})
	mapjob.New(stack, jsii.String("NonsenseWorker"), &mapjob.Props{Worker: nonsense, Summary: summary, WorkerRetries: jsii.Number(0)})
	mapjob.New(stack, jsii.String("Steps"), &mapjob.Props{Processor: steps, Mode: &mapjob.Inline{}, Overlap: &joblock.Fail{}})
	in := awss3.NewBucket(stack, jsii.String("In"), nil)
	mapjob.New(stack, jsii.String("Array"), &mapjob.Props{
		Source: &mapjob.JSON{Bucket: in, Key: jsii.String("items.json")}, Worker: worker, WorkerRetries: jsii.Number(0),
		Mode: &mapjob.Distributed{BatchSize: jsii.Number(1), MaxConcurrency: jsii.Number(1)},
	})
	mapjob.New(stack, jsii.String("Rows"), &mapjob.Props{Source: &mapjob.CSV{Bucket: in}, Worker: worker})
	mapjob.New(stack, jsii.String("Asks"), &mapjob.Props{
		Callback: &mapjob.Callback{Worker: asker, Timeout: awscdk.Duration_Hours(jsii.Number(1))}, Source: &mapjob.InputList{}, Summary: summary,
		ToleratedFailurePercentage: jsii.Number(50),
	})
	app.Synth(nil)
}

// steps returns the states of an item, which may fail.
func steps(scope constructs.Construct) awsstepfunctions.IChainable {
	fails := awsstepfunctions.Fail_Jsonata(scope, jsii.String("Refused"), &awsstepfunctions.FailJsonataProps{Error: jsii.String("Refused")})
	return awsstepfunctions.Choice_Jsonata(scope, jsii.String("Check"), nil).
		When(awsstepfunctions.Condition_Jsonata(jsii.String("{% $states.input.item.do = 'fail' %}")), fails, nil).
		Otherwise(awsstepfunctions.Pass_Jsonata(scope, jsii.String("Done"), nil))
}
