package mapjob_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/test/synthesis"
)

// Jobs whose IDs are alike, or differ only in characters that names leave out, share
// no folder of access logs and no log group.
func TestNamesOfJobsDiffer(t *testing.T) {
	stack := synthesis.Stack(t)
	logs := awss3.Bucket_FromBucketName(stack, jsii.String("AccessLogs"), jsii.String("access-logs"))
	worker := function(stack, "Worker")
	var scopes []constructs.Construct
	for _, id := range []string{"A", "B", "Shop EU", "Shop.EU", "é", "ü"} {
		scopes = append(scopes, constructs.NewConstruct(stack, &id))
	}
	for _, scope := range scopes {
		mapjob.New(scope, jsii.String("Job"), &mapjob.Props{Worker: worker, Results: &mapjob.ResultsProps{AccessLogs: logs}})
	}
	template := synthesis.Synthesize(t, stack)
	for _, of := range []struct{ kind, property, member string }{
		{"AWS::S3::Bucket", "LoggingConfiguration", "LogFilePrefix"},
		{"AWS::Logs::LogGroup", "LogGroupName", ""},
	} {
		names := map[string]bool{}
		for _, resource := range template.OfType(of.kind) {
			value := resource.Properties[of.property]
			if members, ok := value.(map[string]any); ok && of.member != "" {
				value = members[of.member]
			}
			if value != nil { // CloudFormation generates the other names
				text, _ := json.Marshal(value)
				names[string(text)] = true
			}
		}
		if len(names) != len(scopes) {
			t.Errorf("got the names %v of %s, expected %d different ones", names, of.kind, len(scopes))
		}
	}
}
