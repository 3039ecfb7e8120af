// Package accepted records, on a resource, that a finding of cdk-nag about it
// is accepted, and why. An app that runs cdk-nag over the constructs then lists
// the finding as suppressed, with the reason; to an app that does not, the
// record is metadata that CloudFormation does not look at. cdk-nag itself is
// not needed for it.
//
// Only what cannot be otherwise is accepted here. What a prop can mend, such as
// a bucket without access logs, stays a finding: it is for the app to decide.
package accepted

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// metadata is where cdk-nag looks for suppressions on a resource, and
// wildcards its rule that a policy names what it grants.
const (
	metadata  = "cdk_nag"
	wildcards = "AwsSolutions-IAM5"
)

// Wildcards accepts that a role or policy grants access to resources which end
// in one of endings, such as "/*/report/*", and have no wildcard before it.
// Wildcards of any other kind, which others may add to the same policy, are
// still found.
func Wildcards(roleOrPolicy constructs.IConstruct, reason string, endings ...string) {
	var patterns []any
	for _, ending := range endings {
		patterns = append(patterns, map[string]any{"regex": "/^Resource::[^*]*" + regexp.QuoteMeta(ending) + "$/"})
	}
	record(roleOrPolicy, map[string]any{"id": wildcards, "reason": reason, "applies_to": patterns})
}

// AnyResource accepts that a role or policy grants actions which know no
// resources, and so can only be granted on every one.
func AnyResource(roleOrPolicy constructs.IConstruct, reason string) {
	record(roleOrPolicy, map[string]any{"id": wildcards, "reason": reason, "applies_to": []any{"Resource::*"}})
}

// Finding accepts what a rule finds about a resource.
func Finding(resource constructs.IConstruct, rule, reason string) {
	record(resource, map[string]any{"id": rule, "reason": reason})
}

// record adds a suppression to those that the resource has.
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
