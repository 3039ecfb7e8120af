package security

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/test/synthesis"
)

// withWorker creates a stack with a worker and a job, which has the given props.
func withWorker(app awscdk.App, id string, props func(awscdk.Stack, *mapjob.Props)) awscdk.Stack {
	stack := awscdk.NewStack(app, &id, nil)
	job := &mapjob.Props{Worker: gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("lambdas/worker")})}
	props(stack, job)
	mapjob.New(stack, jsii.String("Job"), job)
	return stack
}

// findings lists what cdk-nag finds in a stack, as "RULE RESOURCE", those that are
// accepted apart.
func findings(t *testing.T, build func(awscdk.App, string) awscdk.Stack) (open, accepted []string) {
	t.Helper()
	for _, f := range report(t, "Shop", build) {
		at := f.RuleID + " " + strings.TrimSuffix(strings.TrimPrefix(f.ResourceID, "Shop/"), "/Resource")
		switch f.Compliance {
		case "Compliant":
		case "Suppressed":
			accepted = append(accepted, at)
		default:
			open = append(open, at)
		}
	}
	sorted := func(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
	return sorted(open), sorted(accepted)
}

// documented returns the rows of the table of findings in docs/job.md by what is
// done about them, as findings lists them.
func documented(t *testing.T) (open, accepted []string) {
	t.Helper()
	text, err := os.ReadFile("docs/job.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range regexp.MustCompile(`(?m)^\| (AwsSolutions-\w+) \| (.*?) \| (.*?) \|`).FindAllStringSubmatch(string(text), -1) {
		for _, resource := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[2], -1) {
			at := row[1] + " " + resource[1]
			if strings.HasPrefix(row[3], "accepted") {
				accepted = append(accepted, at)
			} else {
				open = append(open, at)
			}
		}
	}
	slices.Sort(open)
	slices.Sort(accepted)
	return open, accepted
}

func TestFindingsOfTheDefaultJobAreDocumented(t *testing.T) {
	open, accepted := findings(t, func(app awscdk.App, id string) awscdk.Stack {
		return withWorker(app, id, func(awscdk.Stack, *mapjob.Props) {})
	})
	documentedOpen, documentedAccepted := documented(t)
	if !slices.Equal(open, documentedOpen) {
		t.Errorf("got the findings %q, expected those of docs/job.md, %q", open, documentedOpen)
	}
	if !slices.Equal(accepted, documentedAccepted) {
		t.Errorf("got the accepted findings %q, expected those of docs/job.md, %q", accepted, documentedAccepted)
	}
	if expected := []string{"AwsSolutions-S1 Job/Results"}; !slices.Equal(open, expected) {
		t.Errorf("got the findings %q, expected %q: a prop has to resolve each", open, expected)
	}
}

func TestPropsResolveTheFindingsOfTheDefaultJob(t *testing.T) {
	for name, props := range map[string]func(awscdk.Stack, *mapjob.Props){
		"access logs": func(s awscdk.Stack, p *mapjob.Props) { p.Results = &mapjob.ResultsProps{AccessLogs: accessLogs(s)} },
		"an emptied bucket": func(s awscdk.Stack, p *mapjob.Props) {
			p.RemovalPolicy = awscdk.RemovalPolicy_DESTROY
			p.Results = &mapjob.ResultsProps{AccessLogs: accessLogs(s), AutoDeleteObjects: jsii.Bool(true)}
		},
		"data that stays": func(s awscdk.Stack, p *mapjob.Props) {
			p.RemovalPolicy, p.Results = awscdk.RemovalPolicy_RETAIN, &mapjob.ResultsProps{AccessLogs: accessLogs(s)}
		},
		"no bucket": func(s awscdk.Stack, p *mapjob.Props) { p.Mode = &mapjob.Inline{} },
		"logged data": func(s awscdk.Stack, p *mapjob.Props) {
			p.LogData, p.Results = jsii.Bool(true), &mapjob.ResultsProps{AccessLogs: accessLogs(s)}
		},
	} {
		open, accepted := findings(t, func(app awscdk.App, id string) awscdk.Stack { return withWorker(app, id, props) })
		if len(open) > 0 {
			t.Errorf("%s: got the findings %q, expected none", name, open)
		}
		// The log of the executions is off, unless it has data.
		if off := slices.Contains(accepted, "AwsSolutions-SF1 Job/StateMachine"); off == (name == "logged data") {
			t.Errorf("%s: got the accepted findings %q, expected AwsSolutions-SF1 without LogData only", name, accepted)
		}
	}
}

// A template whose resources depend on each other in a circle can't be deployed.
func TestSharedRolesMakeNoCycle(t *testing.T) {
	stack := shared(synthesis.App(t, nil), "Shared")
	assertions.Template_FromStack(stack, nil) // panics if there is a cycle
}
