// Package rolepolicy adds policies to roles that functions of other stacks may share.
package rolepolicy

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// New creates a policy and adds it to a role. It creates nothing in the template if
// the role is immutable.
//
// The CDK's names of policies differ within a stack only, and a policy of a role
// replaces another one of that name. So a policy of a role that is not a resource of
// this stack has the stack's ID in its name.
func New(scope constructs.Construct, id string, role awsiam.IRole, statements ...awsiam.PolicyStatement) awsiam.Policy {
	props := &awsiam.PolicyProps{}
	if len(statements) > 0 {
		props.Statements = &statements
	}
	if !ofStack(scope, role) {
		path := awscdk.Names_UniqueResourceName(scope, &awscdk.UniqueResourceNameOptions{MaxLength: jsii.Number(70), Separator: jsii.String("-")})
		// arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
		uuid := awscdk.Fn_Select(jsii.Number(2), awscdk.Fn_Split(jsii.String("/"), awscdk.Aws_STACK_ID(), nil))
		props.PolicyName = jsii.String(*path + "-" + id + "-" + *uuid)
	}
	policy := awsiam.NewPolicy(scope, &id, props)
	role.AttachInlinePolicy(policy) // unlike policy.AttachToRole, leaves an immutable role alone
	return policy
}

// ofStack reports whether a role is a resource of the stack of scope.
func ofStack(scope constructs.Construct, role awsiam.IRole) bool {
	_, created := role.Node().DefaultChild().(awsiam.CfnRole)
	return created && *awscdk.Stack_Of(role).Node().Addr() == *awscdk.Stack_Of(scope).Node().Addr()
}
