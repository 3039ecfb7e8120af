// This CDK app is the sample. `npx cdk synth`, `npx cdk deploy` and `mapjob run`
// run it. The context selects the architecture:
// `npx cdk synth -c architecture=queue-fanout`.
package main

import (
	"fmt"
	"os"
	"runtime"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/stacks"
)

func main() {
	defer jsii.Close()
	defer printRefusal()
	app := awscdk.NewApp(nil)
	stacks.New(app)
	app.Synth(nil)
}

// printRefusal prints why a construct refused its props, without the stack of
// goroutines, which only helps with a mistake in Go.
func printRefusal() {
	reason := recover()
	if reason == nil {
		return
	}
	err, ok := reason.(error)
	if _, mistake := reason.(runtime.Error); !ok || mistake {
		panic(reason)
	}
	fmt.Fprintln(os.Stderr, err)
	jsii.Close()
	os.Exit(1)
}
