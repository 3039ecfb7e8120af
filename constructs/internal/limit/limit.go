// Package limit refuses what AWS would refuse only when a stack is deployed.
package limit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/internal/protocol"
)

// leastToken is the shortest text that an ARN or a name is likely to have, which is
// known only when the stack is deployed.
const leastToken = 30

// LeastSize returns how many characters the JSON of a value has at least, without
// white space. The value is what [awscdk.Stack.Resolve] returns.
func LeastSize(resolved any) int {
	switch v := resolved.(type) {
	case map[string]any:
		if ref, ok := v["Ref"].(string); ok && len(v) == 1 {
			if known, ok := map[string]int{"AWS::Partition": len("aws"), "AWS::Region": len("us-east-1"), "AWS::AccountId": 12}[ref]; ok {
				return known
			}
			return leastToken
		}
		if join, ok := v["Fn::Join"].([]any); ok && len(join) == 2 {
			parts, _ := join[1].([]any)
			size := 0
			for _, part := range parts {
				if text, ok := part.(string); ok {
					size += len(text)
				} else {
					size += LeastSize(part)
				}
			}
			return size + len(`""`)
		}
		size := len("{}")
		for name, member := range v {
			if strings.HasPrefix(name, "Fn::") {
				return leastToken
			}
			size += len(name) + len(`"":,`) + LeastSize(member)
		}
		return size - min(1, len(v))
	case []any:
		size := len("[]")
		for _, element := range v {
			size += LeastSize(element) + len(",")
		}
		return size - min(1, len(v))
	}
	text, _ := json.Marshal(resolved)
	return len(text)
}

// maxInlinePolicies is how many characters all inline policies of a role have, at most,
// without white space (IAM user guide, "IAM and AWS STS quotas").
const maxInlinePolicies = 10_240

// checked is the type of metadata of an app's root construct, which is not part of the
// assembly: the policies of the app are checked.
const checked = "mapjob:policies"

// IsLocal reports whether the app is synthesized for this machine.
func IsLocal(scope constructs.Construct) bool {
	local := scope.Node().TryGetContext(jsii.String(protocol.LocalContext))
	return local == true || local == "true"
}

// RolePolicies lets the synthesis of scope's app fail if the inline policies of a role
// are certainly too large. The CDK moves a part of a role's default policy into
// managed policies if that alone is too large, but does not count the others. On this
// machine roles have no limits.
func RolePolicies(scope constructs.Construct) {
	if IsLocal(scope) {
		return
	}
	root := scope.Node().Root()
	for _, entry := range *root.Node().Metadata() {
		if *entry.Type == checked {
			return
		}
	}
	root.Node().AddMetadata(jsii.String(checked), jsii.Bool(true), nil)
	root.Node().AddValidation(&rolePolicies{root})
}

type rolePolicies struct{ root constructs.IConstruct }

// Validate implements constructs.IValidation.
func (v *rolePolicies) Validate() *[]*string {
	sizes := map[string]int{} // by the stack's path and the role as the policies name it
	add := func(in awscdk.Stack, role any, size int) string {
		text, _ := json.Marshal(role)
		key := *in.Node().Path() + " " + string(text)
		sizes[key] += size
		return key
	}
	paths := map[string]string{}
	for _, construct := range *v.root.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		switch c := construct.(type) {
		case awsiam.CfnPolicy:
			in := awscdk.Stack_Of(c)
			roles, _ := in.Resolve(c.Roles()).([]any)
			size := LeastSize(in.Resolve(c.PolicyDocument()))
			for _, role := range roles {
				add(in, role, size)
			}
		case awsiam.CfnRole:
			in := awscdk.Stack_Of(c)
			var policies []any
			if inline := c.Policies(); inline != nil { // which jsii can't resolve
				policies, _ = in.Resolve(inline).([]any)
			}
			size := 0
			for _, policy := range policies {
				policy, _ := policy.(map[string]any)
				size += LeastSize(policy["policyDocument"])
			}
			key := add(in, map[string]any{"Ref": *in.GetLogicalId(c)}, size)
			paths[key] = *c.Node().Path()
		}
	}
	found := []*string{}
	for key, size := range sizes {
		if size <= maxInlinePolicies {
			continue
		}
		role := paths[key]
		if role == "" {
			role = key
		}
		found = append(found, jsii.String(fmt.Sprintf("the role %s: got inline policies of at least %d characters, which IAM refuses, expected at most %d: "+
			"give a job fewer InputBuckets, or let fewer jobs share a function, or functions a role", strings.TrimSuffix(role, "/Resource"), size, maxInlinePolicies)))
	}
	slices.SortFunc(found, func(a, b *string) int { return strings.Compare(*a, *b) })
	return &found
}
