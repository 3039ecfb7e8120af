package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/test/deploy/arrived"
)

// notRead has the types of which only the status is checked, not the properties: what a
// template says of them is checked by tests of the template only.
var notRead = []string{
	"AWS::CDK::Metadata", // stands for nothing: the CDK counts its versions by it
	"AWS::CloudWatch::Alarm",
	"AWS::CloudWatch::Dashboard", // its body is in a snapshot
	"AWS::KMS::Key",              // a deleted key stays for weeks, pending deletion
	"AWS::Lambda::EventInvokeConfig",
	"AWS::Lambda::Url",
	"AWS::S3::BucketPolicy",
	"AWS::SNS::TopicPolicy",
	"AWS::SQS::QueuePolicy",
	"AWS::Scheduler::Schedule",
}

// seen has the types of notRead that the stacks have.
type seen map[string]bool

// add adds what was found in a stack, and returns what should not be.
func (s seen) add(stack string, c *arrived.Comparison) (unexpected []string) {
	for _, d := range slices.Concat(c.LeftOut, c.Differ, c.NotRead) {
		if slices.Contains(notRead, d.Of) && slices.Contains(c.NotRead, d) {
			s[d.Of] = true
			continue
		}
		unexpected = append(unexpected, fmt.Sprintf("stack %s: %s", stack, d))
	}
	return unexpected
}

// print says what was not read. It fails if all apps were deployed and the list has more.
func (s seen) print(out io.Writer, all bool) error {
	fmt.Fprintln(out, "checked by status only, not by properties:", strings.Join(slices.Sorted(maps.Keys(s)), ", "))
	for _, of := range notRead {
		if all && !s[of] {
			return fmt.Errorf("test/deploy/expected.go: notRead has %s, which no stack has: remove it", of)
		}
	}
	return nil
}
