// The CDK app. `npx cdk synth` and `npx cdk deploy` run it, and so does
// `mapjob run`. The context says which architecture:
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
	defer refused()
	app := awscdk.NewApp(nil)
	stacks.New(app)
	app.Synth(nil)
}

// refused prints why the app can't be built, as its constructs say it. A person
// who has mistyped a value has no use for the stack of goroutines; whoever looks
// for a mistake in Go has.
func refused() {
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
