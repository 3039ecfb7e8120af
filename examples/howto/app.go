// This CDK app has a stack for each page of docs/how-to. From this folder,
//
//	go tool mapjob run --stack Inline --input list.json
//	npx cdk deploy Inline
//
// run one on this machine and on AWS.
package main

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/mapjob/mapjob/constructs/mapjob"
)

// pages are the stacks of the how-to pages, by name.
var pages = map[string]func(stack awscdk.Stack){
	"Schedule": schedule, "Event": event, "Object": object, "Webhook": webhook,
	"Database": database, "Files": files, "Inline": inline, "Large": large, "Express": express,
	"Callback": callback, "Processor": processor, "Once": once, "Failures": failures, "Fragile": fragile,
	"Overlap": overlap, "Summary": summary, "Watch": watch, "Network": network, "Chain": chain,
	"Keep": keep, "Queue": queue, "Handler": handler, "Debug": debug,
}

func main() {
	defer mapjob.Close()
	app := awscdk.NewApp(nil)
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		pages[name](awscdk.NewStack(app, &name, nil))
	}
	stages(app)
	app.Synth(nil)
}
