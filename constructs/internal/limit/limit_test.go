package limit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/limit"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

func TestLeastSize(t *testing.T) {
	for text, expected := range map[string]int{
		`{}`: 2, `[]`: 2, `"ab"`: 4, `true`: 4, `12.5`: 4, `null`: 4, `"é"`: 4, `"\""`: 4,
		`{"a":"b","c":[1,2,{}]}`:                22,
		`{"Ref":"AWS::Region"}`:                 9,
		`{"Ref":"Bucket"}`:                      30,
		`{"a":{"Fn::GetAtt":["Bucket","Arn"]}}`: 6 + 30,
		`{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":s3:::x"]]}`:  16,
		`["a",{"Fn::Join":["",[{"Fn::GetAtt":["Bucket","Arn"]},"/*"]]}]`: 4 + 2 + 34,
	} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if got := limit.LeastSize(value); got != expected {
			t.Errorf("%s: got %d, expected %d", text, got, expected)
		}
	}
}

// Each policy is small enough for IAM, and they are not together.
func TestInlinePoliciesOfARoleAreAddedUp(t *testing.T) {
	statement := func(n, from int) awsiam.PolicyStatement {
		var resources []string
		for i := range n {
			resources = append(resources, fmt.Sprintf("arn:aws:s3:::%s-%03d", strings.Repeat("x", 60), from+i)) // 77, 80 with quotes and comma
		}
		return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings("s3:GetObject"), Resources: jsii.Strings(resources...)})
	}
	for name, c := range map[string]struct {
		inline, own, beside int // resources
		imported, fails     bool
	}{
		"small":                         {inline: 20, own: 40, beside: 40},
		"nearly too large":              {inline: 40, own: 40, beside: 43},
		"too large":                     {inline: 40, own: 40, beside: 48, fails: true},
		"too large, split by the CDK":   {own: 200, beside: 1},
		"too large beside a split one":  {own: 200, beside: 20, fails: true},
		"a given role":                  {own: 0, beside: 110, imported: true},
		"a given role with a large one": {own: 0, beside: 130, imported: true, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			limit.RolePolicies(stack)
			limit.RolePolicies(stack)
			var role awsiam.IRole
			if c.imported {
				role = awsiam.Role_FromRoleName(stack, jsii.String("Role"), jsii.String("ours"), nil)
			} else {
				props := &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("states.amazonaws.com"), nil)}
				if c.inline > 0 {
					props.InlinePolicies = &map[string]awsiam.PolicyDocument{"Inline": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
						Statements: &[]awsiam.PolicyStatement{statement(c.inline, 0)}})}
				}
				role = awsiam.NewRole(stack, jsii.String("Role"), props)
			}
			if c.own > 0 {
				for i := range c.own {
					role.AddToPrincipalPolicy(statement(1, 100+i))
				}
			}
			awsiam.NewPolicy(stack, jsii.String("Beside"), &awsiam.PolicyProps{
				Statements: &[]awsiam.PolicyStatement{statement(c.beside, 500)}, Roles: &[]awsiam.IRole{role}})
			synth := func() { awscdk.App_Of(stack).Synth(nil) }
			if !c.fails {
				synth()
				return
			}
			message := synthesis.Panics(t, synth)
			if strings.Count(message, "got inline policies of at least") != 1 || !strings.Contains(message, "expected at most 10240") || !c.imported && !strings.Contains(message, "the role Test/Role: ") {
				t.Errorf("got %q, expected the role to be refused once", message)
			}
		})
	}
}
