// Package stacks has one file per deployable architecture. A stack wires
// constructs to each other and holds no logic.
package stacks

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// ArchitectureContext is the context value that says which architecture the app
// has: cdk synth -c architecture=queue-fanout.
const ArchitectureContext = "architecture"

// The architectures that invoice the sample's orders, in the order in which a team
// outgrows them.
const (
	EventHandler  = "event-handler"
	QueueFanout   = "queue-fanout"
	TrackedFanout = "tracked-fanout"
	MapJob        = "map-job"
)

// New creates the stack of the architecture that the context names, or of a job if
// it names none. It panics if there is no such architecture.
func New(app constructs.Construct) awscdk.Stack {
	switch name := app.Node().TryGetContext(jsii.String(ArchitectureContext)); name {
	case EventHandler:
		return NewEventHandler(app, jsii.String("EventHandler"), described("in one invocation of a Lambda function"))
	case QueueFanout:
		return NewQueueFanout(app, jsii.String("QueueFanout"), described("over a queue"))
	case TrackedFanout:
		return NewTrackedFanout(app, jsii.String("TrackedFanout"), described("over a queue, with a table that counts"))
	case nil, MapJob:
		return NewInvoicing(app, jsii.String("Invoicing"), &awscdk.StackProps{
			Description: jsii.String("Nightly invoicing, a sample job of mapjob"),
		})
	default:
		panic(fmt.Errorf("context %s: got %q, expected %s, %s, %s or %s",
			ArchitectureContext, fmt.Sprint(name), EventHandler, QueueFanout, TrackedFanout, MapJob))
	}
}

func described(how string) *awscdk.StackProps {
	return &awscdk.StackProps{Description: jsii.String("Nightly invoicing, " + how)}
}
