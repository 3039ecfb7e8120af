package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/test/deploy/arrived"
)

// leftOut has the types of resources that moto 5.2.1 leaves out of a stack, with a warning
// in its log. What a template says of them is checked by tests of the template only.
var leftOut = map[string]string{
	"AWS::CDK::Metadata":             "it stands for nothing: the CDK counts its versions by it",
	"AWS::CloudWatch::Alarm":         "moto has alarms, but makes none for CloudFormation",
	"AWS::Lambda::EventInvokeConfig": "moto has it in Lambda, but makes none for CloudFormation",
	"AWS::S3::BucketPolicy":          "moto makes none for CloudFormation",
	"AWS::SNS::TopicPolicy":          "moto makes none for CloudFormation",
	"AWS::SQS::QueuePolicy":          "moto makes none for CloudFormation",
	"AWS::Scheduler::Schedule":       "moto has schedules, but makes none for CloudFormation",
}

// lost has the properties that moto 5.2.1 drops or replaces by a default.
var lost = map[string]string{
	"AWS::DynamoDB::Table.PointInTimeRecoverySpecification": "CloudFormation's is dropped: recovery is off",
	"AWS::Lambda::Function.Architectures":                   "CloudFormation's is dropped: each function is for x86_64",
	"AWS::Lambda::Function.LoggingConfig":                   "dropped",
	"AWS::Lambda::Function.TracingConfig":                   "CloudFormation's is dropped: PassThrough",
	"AWS::S3::Bucket.LifecycleConfiguration":                "CloudFormation's is dropped",
	"AWS::S3::Bucket.LoggingConfiguration":                  "CloudFormation's is dropped",
	"AWS::S3::Bucket.PublicAccessBlockConfiguration":        "CloudFormation's is dropped",
	"AWS::StepFunctions::StateMachine.LoggingConfiguration": "CloudFormation's is dropped: OFF",
	"AWS::StepFunctions::StateMachine.TracingConfiguration": "CloudFormation's is dropped: off",
}

// notRead has the types of which only the status is checked, not the properties.
var notRead = map[string]string{
	"AWS::CloudWatch::Dashboard": "its body is in a snapshot",
	"AWS::KMS::Key":              "a deleted key stays for weeks, pending deletion",
}

// findings collects what was found in all stacks.
type findings struct {
	leftOut, lost, notRead map[string]bool
	unexpected             []string
}

func newFindings() findings {
	return findings{leftOut: map[string]bool{}, lost: map[string]bool{}, notRead: map[string]bool{}}
}

// add adds the comparison of a stack. On AWS nothing may be left out or lost.
func (f *findings) add(stack string, c *arrived.Comparison, moto bool) {
	for _, d := range c.LeftOut {
		f.one(stack, d, f.leftOut, leftOut, moto)
	}
	for _, d := range slices.Concat(c.NotRead, c.Differ) {
		switch {
		case strings.Contains(d.Of, "."):
			f.one(stack, d, f.lost, lost, moto)
		case moto:
			f.one(stack, d, f.notRead, notRead, true)
		default: // a type that moto leaves out is not read on AWS either
			f.one(stack, d, f.notRead, both(notRead, leftOut), true)
		}
	}
}

func both(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func (f *findings) one(stack string, d arrived.Difference, found map[string]bool, known map[string]string, may bool) {
	found[d.Of] = true
	if _, ok := known[d.Of]; !ok || !may {
		f.unexpected = append(f.unexpected, fmt.Sprintf("stack %s: %s", stack, d))
	}
}

// missing lists what is known of moto and was not found: a newer moto does better.
func (f *findings) missing() (lines []string) {
	for name, pair := range map[string]struct {
		found map[string]bool
		known map[string]string
	}{"leftOut": {f.leftOut, leftOut}, "lost": {f.lost, lost}, "notRead": {f.notRead, notRead}} {
		for of := range pair.known {
			if !pair.found[of] {
				lines = append(lines, fmt.Sprintf("test/deploy/expected.go: %s has %s, which this moto did not show in any stack: remove it", name, of))
			}
		}
	}
	slices.Sort(lines)
	return lines
}
