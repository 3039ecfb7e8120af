package main

import (
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/mapjob/mapjob/test/deploy/account"
	"github.com/mapjob/mapjob/test/deploy/arrived"
	"github.com/mapjob/mapjob/test/deploy/standin"
	"github.com/mapjob/mapjob/test/moto"
)

// After a failure, what exists is listed with what deletes it, and nothing else. A stack
// that was there before is neither touched nor listed.
func TestRemains(t *testing.T) {
	program := os.Getenv("MAPJOB_MOTO")
	if program == "" {
		t.Skip("MAPJOB_MOTO: got no value, expected moto_server: make moto finds or installs it")
	}
	local, err := standin.Start(t.Context(), standin.Options{Moto: program, Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(local.Stop)
	for name, value := range moto.Env(local.URL) {
		t.Setenv(name, value)
	}
	var out strings.Builder
	c := &check{out: &out, states: map[string]*arrived.Stack{}}
	if c.account, err = account.Of(t.Context(), moto.Account); err != nil {
		t.Fatal(err)
	}
	c.clients = arrived.NewClients(c.account.Config, c.account.ID)
	remains := func() string {
		out.Reset()
		c.remains(t.Context(), allApps())
		return strings.TrimSpace(out.String())
	}
	const nothing = "nothing is left in account 123456789012, region us-east-1, but CDKToolkit, if it was created"
	if got := remains(); got != nothing {
		t.Errorf("got %q before anything was created, expected %q", got, nothing)
	}

	if _, err := c.clients.CloudFormation.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("Greetings"), TemplateBody: aws.String(`{"Resources": {
		"Queue": {"Type": "AWS::SQS::Queue"}, "GreetResults7710B121": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}}}`)}); err != nil {
		t.Fatal(err)
	}
	s, err := arrived.Read(t.Context(), c.clients, "Greetings")
	if err != nil {
		t.Fatal(err)
	}
	bucket := "aws s3 rb --region us-east-1 --force s3://" + s.Resources["GreetResults7710B121"].PhysicalID
	if got, expected := remains(), `to delete what is left in account 123456789012, region us-east-1:
    aws cloudformation delete-stack --region us-east-1 --stack-name Greetings
    aws cloudformation wait stack-delete-complete --region us-east-1 --stack-name Greetings
    `+bucket; got != expected {
		t.Errorf("got %q of a stack with a bucket that stays, expected %q", got, expected)
	}

	out.Reset()
	err = run(t.Context(), &out, allApps(), t.TempDir(), moto.Account)
	if err == nil || !strings.Contains(err.Error(), "got a stack Greetings in account 123456789012") || strings.Contains(out.String(), "delete-stack") {
		t.Errorf("got error %v and output %q, expected a refusal, and no command that deletes the stack", err, out.String())
	}
	if !strings.Contains(out.String(), "creates the stacks EventHandler, QueueFanout, ") || !strings.Contains(out.String(), "should cost a few cents") {
		t.Errorf("got output %q, expected what is created, and what it costs", out.String())
	}

	c.states["examples"] = s
	if _, err := c.clients.CloudFormation.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("Greetings")}); err != nil {
		t.Fatal(err)
	}
	if got := remains(); !strings.HasSuffix(got, ":\n    "+bucket) {
		t.Errorf("got %q of a deleted stack, expected %q", got, bucket)
	}
	if err := arrived.Delete(t.Context(), c.clients, s.Resources["GreetResults7710B121"]); err != nil {
		t.Fatal(err)
	}
	if got := remains(); got != nothing {
		t.Errorf("got %q after all was deleted, expected %q", got, nothing)
	}
	local.Lie(standin.Say("DescribeStacks", 403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"))
	if got := remains(); !strings.Contains(got, "what is left of Greetings is not known: ") {
		t.Errorf("got %q, expected that it is not known", got)
	}
}
