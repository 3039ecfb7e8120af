// Package statemachine reads properties of state machines.
package statemachine

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
)

// Name returns the name of a state machine, which may be a token. That of an imported
// one is the seventh part of arn:PARTITION:states:REGION:ACCOUNT:stateMachine:NAME,
// which :ALIAS may follow.
func Name(machine awsstepfunctions.IStateMachine) *string {
	if own, ok := machine.(awsstepfunctions.StateMachine); ok {
		return own.StateMachineName()
	}
	return awscdk.Fn_Select(jsii.Number(6), awscdk.Fn_Split(jsii.String(":"), machine.StateMachineArn(), nil))
}
