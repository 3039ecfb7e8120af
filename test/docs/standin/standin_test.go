package standin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// The SDK reads what the stand-in says of a stack.
func TestTheSDKReadsAStack(t *testing.T) {
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:Water-Billing6A2F"
	states := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("X-Amz-Target"); got != "AWSStepFunctions.ListStateMachines" {
			t.Errorf("got the operation %s", got)
		}
		fmt.Fprintf(w, `{"stateMachines":[{"stateMachineArn":%q,"name":"Water-Billing6A2F"},{"stateMachineArn":"other","name":"Waterway-Billing"}]}`, arn)
	}))
	defer states.Close()
	s, err := Start("export AWS_REGION=us-east-1\nexport AWS_ENDPOINT_URL_SFN=" + states.URL + "\n# Billing: …\n")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	client := cloudformation.New(cloudformation.Options{Region: "us-east-1", BaseEndpoint: &s.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	listed, err := client.ListStackResources(t.Context(), &cloudformation.ListStackResourcesInput{StackName: aws.String("Water")})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(listed.StackResourceSummaries); n != 1 || aws.ToString(listed.StackResourceSummaries[0].PhysicalResourceId) != arn ||
		aws.ToString(listed.StackResourceSummaries[0].LogicalResourceId) != "Billing6A2F" {
		t.Errorf("got %d resources %+v, expected the state machine %s", n, listed.StackResourceSummaries, arn)
	}
	if _, err := client.ListStackResources(t.Context(), &cloudformation.ListStackResourcesInput{StackName: aws.String("Wat")}); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("got error %v, expected that stack Wat does not exist", err)
	}
	if _, err := client.DescribeStacks(t.Context(), nil, func(o *cloudformation.Options) { o.RetryMaxAttempts = 1 }); err == nil {
		t.Error("got no error for an operation that the stand-in does not have")
	}
}

func TestStartWithoutMapjobServe(t *testing.T) {
	if s, err := Start("export AWS_REGION=us-east-1\n"); err == nil {
		s.Close()
		t.Error("got no error without an address of Step Functions")
	}
}
