// Package security looks at what the stacks and constructs grant, and at what
// cdk-nag has to say about them.
package security

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/stacks"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// all are the stacks that are looked at: the sample, and one for each construct
// with everything set.
var all = map[string]func(app awscdk.App, id string) awscdk.Stack{
	"Invoicing": func(app awscdk.App, id string) awscdk.Stack { return stacks.NewInvoicing(app, &id, nil) },
	"ByValue":   func(app awscdk.App, id string) awscdk.Stack { return jobStack(app, id, byValue) },
	"Reference": func(app awscdk.App, id string) awscdk.Stack { return jobStack(app, id, byReference) },
	"Inline":    func(app awscdk.App, id string) awscdk.Stack { return jobStack(app, id, inline) },
	"Observe":   observed,
}

// jobStack is a stack with a job, and a key and a bucket for access logs that
// the job is given.
func jobStack(app awscdk.App, id string, props func(awscdk.Stack, *mapjob.Props)) awscdk.Stack {
	stack := awscdk.NewStack(app, &id, nil)
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	job := &mapjob.Props{EncryptionKey: key}
	for id, function := range map[string]*awslambda.IFunction{"JobStart": &job.JobStart, "Worker": &job.Worker, "Summary": &job.Summary} {
		*function = gofunction.New(stack, jsii.String(id), &gofunction.Props{Entry: jsii.String("lambdas/worker"), EncryptionKey: key})
	}
	props(stack, job)
	mapjob.New(stack, jsii.String("Job"), job)
	return stack
}

func accessLogs(stack awscdk.Stack) awss3.Bucket {
	return awss3.NewBucket(stack, jsii.String("AccessLogs"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), Encryption: awss3.BucketEncryption_S3_MANAGED, EnforceSSL: jsii.Bool(true),
	})
}

func byValue(stack awscdk.Stack, p *mapjob.Props) {
	p.JobStart, p.Children, p.AccessLogs = nil, mapjob.ExpressChildren, accessLogs(stack)
	p.ItemsBucket = awss3.Bucket_FromBucketName(stack, jsii.String("Items"), jsii.String("our-items"))
}

func byReference(stack awscdk.Stack, p *mapjob.Props) {
	p.Items, p.AccessLogs = mapjob.ByReference, accessLogs(stack)
}

func inline(stack awscdk.Stack, p *mapjob.Props) {
	p.Mode = mapjob.Inline
	p.ResultsBucket = awss3.Bucket_FromBucketName(stack, jsii.String("Results"), jsii.String("our-results"))
}

// oneByOne is the reason of a suppression that names what it applies to.
var oneByOne = regexp.MustCompile(`^\[Resource::.+\] .{20,}`)

// observed is a stack that watches a state machine of another one.
func observed(app awscdk.App, id string) awscdk.Stack {
	stack := awscdk.NewStack(app, &id, nil)
	machine := awsstepfunctions.StateMachine_FromStateMachineName(stack, jsii.String("Machine"), jsii.String("nightly"))
	topic := observe.NewTopic(stack, jsii.String("Alerts"), &observe.TopicProps{Emails: []string{"night@example.com"}})
	observe.New(stack, jsii.String("Observe"), &observe.Props{
		StateMachine: machine, Job: jsii.String("Nightly"), Topic: topic, NoSuccessWithin: awscdk.Duration_Hours(jsii.Number(26)),
		FailureRate: jsii.Number(1), MapRunBacklog: jsii.Bool(true),
	})
	observe.NewEndings(stack, jsii.String("Endings"), &observe.EndingsProps{StateMachine: machine, Topic: topic})
	return stack
}

// finding is a line of cdk-nag's report.
type finding struct {
	RuleID          string `json:"ruleId"`
	ResourceID      string `json:"resourceId"`
	Compliance      string `json:"compliance"`
	ExceptionReason string `json:"exceptionReason"`
	RuleInfo        string `json:"ruleInfo"`
}

func TestNothingIsLeftForCDKNagToFind(t *testing.T) {
	for name, build := range all {
		t.Run(name, func(t *testing.T) {
			compliant := 0
			for _, f := range report(t, name, build) {
				switch {
				case f.Compliance == "Compliant":
					compliant++
				case f.Compliance != "Suppressed":
					t.Errorf("got %s: %s %s: %s", f.Compliance, f.ResourceID, f.RuleID, f.RuleInfo)
				case f.RuleID != "AwsSolutions-IAM5" || !oneByOne.MatchString(f.ExceptionReason):
					t.Errorf("got %s %s suppressed with %q, expected a wildcard, named, with a reason", f.ResourceID, f.RuleID, f.ExceptionReason)
				}
			}
			if compliant == 0 {
				t.Error("got no check that passed, expected cdk-nag to look at the stack")
			}
		})
	}
}

// A suppression of the constructs' own must not hide what an app grants.
func TestWildcardsOfTheAppAreStillFound(t *testing.T) {
	lines := report(t, "Generous", func(app awscdk.App, id string) awscdk.Stack {
		stack := jobStack(app, id, byValue)
		for _, path := range []string{"Worker/Role", "Job/Role"} {
			grantAnything(stack, path)
		}
		return stack
	})
	found := map[string]int{}
	for _, f := range lines {
		if f.Compliance == "Non-Compliant" {
			found[f.ResourceID]++
		}
	}
	// sqs:*, and * as its resource
	expected := map[string]int{"Generous/Worker/Role/DefaultPolicy/Resource": 2, "Generous/Job/Role/DefaultPolicy/Resource": 2}
	if !maps.Equal(found, expected) {
		t.Errorf("got findings %v, expected %v", found, expected)
	}
}

// report is what cdk-nag says of a stack.
func report(t *testing.T, name string, build func(awscdk.App, string) awscdk.Stack) []finding {
	t.Helper()
	// A finding is to be read in the report, not to end the synthesis.
	app := synthesis.App(t, map[string]any{"@aws-cdk/core:annotationsInValidationReport": false})
	stack := build(app, name)
	awscdk.Aspects_Of(stack).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
	app.Synth(nil)
	text, err := os.ReadFile(filepath.Join(*app.Outdir(), "AwsSolutions-"+name+"-NagReport.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report struct{ Lines []finding }
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	return report.Lines
}
