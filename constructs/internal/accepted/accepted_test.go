package accepted_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/accepted"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// test/security runs cdk-nag itself. This test checks which resources a record
// accepts, and that a second record keeps the first one.
func TestRecords(t *testing.T) {
	stack := synthesis.Stack(t)
	role := awsiam.NewRole(stack, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)})
	accepted.Wildcards(role, "keys are not known", "/*/report/*", ":*")
	accepted.AnyResource(role, "has no resource types")
	accepted.Finding(role, "AwsSolutions-IAM4", "is what AWS recommends")

	metadata := synthesis.Synthesize(t, stack).Only(t, "AWS::IAM::Role").Metadata["cdk_nag"].(map[string]any)
	records := metadata["rules_to_suppress"].([]any)
	if len(records) != 3 {
		t.Fatalf("got %d records, expected three", len(records))
	}
	for i, expected := range []string{"AwsSolutions-IAM5 keys are not known", "AwsSolutions-IAM5 has no resource types", "AwsSolutions-IAM4 is what AWS recommends"} {
		record := records[i].(map[string]any)
		if got := record["id"].(string) + " " + record["reason"].(string); got != expected {
			t.Errorf("got the record %q, expected %q", got, expected)
		}
	}
	if applies := records[1].(map[string]any)["applies_to"].([]any); len(applies) != 1 || applies[0] != "Resource::*" {
		t.Errorf("got %v, expected * only", applies)
	}
	if applies := records[2].(map[string]any)["applies_to"]; applies != nil {
		t.Errorf("got %v, expected a rule without single findings to be accepted as a whole", applies)
	}

	var patterns []*regexp.Regexp
	for _, p := range records[0].(map[string]any)["applies_to"].([]any) {
		text := p.(map[string]any)["regex"].(string)
		if !strings.HasPrefix(text, "/") || !strings.HasSuffix(text, "/") {
			t.Fatalf("got %s, expected a pattern between slashes, as cdk-nag takes it", text)
		}
		patterns = append(patterns, regexp.MustCompile(text[1:len(text)-1]))
	}
	for resource, expected := range map[string]bool{
		"<Results.Arn>/<Machine.Name>/*/report/*": true,
		"<Worker.Arn>:*":                true,
		"<Results.Arn>/*":               false,
		"<Results.Arn>/*/*/report/*":    false, // another wildcard before it
		"<Results.Arn>/*/report/*.json": false,
		"*":                             false,
		"*:*":                           false,
	} {
		passes := false
		for _, p := range patterns {
			passes = passes || p.MatchString("Resource::"+resource)
		}
		if passes != expected {
			t.Errorf("%s: got accepted %v, expected %v", resource, passes, expected)
		}
	}
}
