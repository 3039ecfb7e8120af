// Package accepted records on a resource that a finding of cdk-nag about it is
// accepted, and why. An app that runs cdk-nag then lists the finding as
// suppressed, with the reason. To other apps the record is metadata that
// CloudFormation ignores. It does not need cdk-nag.
//
// Constructs accept only findings that no prop can resolve. Others, such as a
// bucket without access logs, stay findings: the app decides.
package accepted

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// metadata is the key of a resource's suppressions, and wildcards is the rule
// against wildcards in policies.
const (
	metadata  = "cdk_nag"
	wildcards = "AwsSolutions-IAM5"
)

// Wildcards accepts that a role or policy grants access to resources that end in
// one of endings, such as "/*/report/*", and have no wildcard before it. cdk-nag
// still finds other wildcards in the same policy.
func Wildcards(roleOrPolicy constructs.IConstruct, reason string, endings ...string) {
	var patterns []any
	for _, ending := range endings {
		patterns = append(patterns, map[string]any{"regex": "/^Resource::[^*]*" + regexp.QuoteMeta(ending) + "$/"})
	}
	record(roleOrPolicy, map[string]any{"id": wildcards, "reason": reason, "applies_to": patterns})
}

// AnyResource accepts that a role or policy grants actions on every resource,
// because they have no resource types.
func AnyResource(roleOrPolicy constructs.IConstruct, reason string) {
	record(roleOrPolicy, map[string]any{"id": wildcards, "reason": reason, "applies_to": []any{"Resource::*"}})
}

// Finding accepts a rule's finding about a resource.
func Finding(resource constructs.IConstruct, rule, reason string) {
	record(resource, map[string]any{"id": rule, "reason": reason})
}

// record adds a suppression to a resource.
func record(of constructs.IConstruct, suppression map[string]any) {
	resource, ok := of.(awscdk.CfnResource)
	if !ok {
		resource = of.Node().DefaultChild().(awscdk.CfnResource)
	}
	var suppressions []any
	if before, ok := resource.GetMetadata(jsii.String(metadata)).(map[string]any); ok {
		suppressions, _ = before["rules_to_suppress"].([]any)
	}
	resource.AddMetadata(jsii.String(metadata), map[string]any{"rules_to_suppress": append(suppressions, suppression)})
}
