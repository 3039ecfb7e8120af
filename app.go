// This CDK app is the sample. `npx cdk synth`, `npx cdk deploy` and `mapjob run`
// run it. The context selects the architecture:
// `npx cdk synth -c architecture=queue-fanout`.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/stacks"
)

// usage is for `go install github.com/mapjob/mapjob`, which installs the sample.
const usage = `this is the sample app of mapjob, for the AWS CDK: run it with "npx cdk synth" or "mapjob run" in a clone of github.com/mapjob/mapjob
the command is another package: go install github.com/mapjob/mapjob/cmd/mapjob@latest`

func main() {
	if os.Getenv("CDK_OUTDIR") == "" { // the CDK sets it
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	defer mapjob.Close()
	app := awscdk.NewApp(nil)
	stacks.New(app)
	app.Synth(nil)
}
