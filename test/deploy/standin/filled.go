package standin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// leftOut has the types of resources that moto 5.2.1 leaves out of a stack.
var leftOut = map[string]string{
	"AWS::CDK::Metadata":             "it stands for nothing: the CDK counts its versions by it",
	"AWS::CloudWatch::Alarm":         "moto has alarms, but makes none for CloudFormation",
	"AWS::Lambda::EventInvokeConfig": "moto has it in Lambda, but makes none for CloudFormation",
	"AWS::Lambda::Url":               "moto has URLs of functions, but makes none for CloudFormation",
	"AWS::S3::BucketPolicy":          "moto makes none for CloudFormation",
	"AWS::SNS::TopicPolicy":          "moto makes none for CloudFormation",
	"AWS::SQS::QueuePolicy":          "moto makes none for CloudFormation",
	"AWS::Scheduler::Schedule":       "moto has schedules, but makes none for CloudFormation",
}

// lost has the properties that moto 5.2.1 drops or replaces by a default.
var lost = map[string]string{
	"AWS::DynamoDB::Table.PointInTimeRecoverySpecification": "recovery is off",
	"AWS::Lambda::Function.Architectures":                   "each function is for x86_64",
	"AWS::Lambda::Function.LoggingConfig":                   "dropped",
	"AWS::Lambda::Function.TracingConfig":                   "PassThrough",
	"AWS::S3::Bucket.LifecycleConfiguration":                "dropped",
	"AWS::S3::Bucket.LoggingConfiguration":                  "dropped",
	"AWS::S3::Bucket.PublicAccessBlockConfiguration":        "dropped",
	"AWS::StepFunctions::StateMachine.LoggingConfiguration": "OFF",
	"AWS::StepFunctions::StateMachine.TracingConfiguration": "off",
}

// NotChecked says what of the stacks the account has filled in: that it was as in the
// templates shows nothing. It fails if that is not what is known of moto.
func (a *Account) NotChecked() ([]string, error) {
	filled, err := a.moto.Filled()
	if err != nil {
		return nil, err
	}
	known := maps.Clone(leftOut)
	maps.Copy(known, lost)
	for of := range known {
		if !slices.Contains(filled, of) {
			return nil, fmt.Errorf("test/deploy/standin/filled.go has %s, which this moto did not lack in any stack: remove it there and in test/moto/python/filled.py", of)
		}
	}
	var lines []string
	for _, list := range []struct {
		title   string
		reasons map[string]string
	}{{"moto leaves these types out", leftOut}, {"moto drops these properties", lost}} {
		lines = append(lines, "NOT CHECKED, "+list.title+":")
		for _, of := range slices.Sorted(maps.Keys(list.reasons)) {
			lines = append(lines, "  "+of+": "+list.reasons[of])
		}
	}
	for _, of := range filled {
		if _, ok := known[of]; !ok {
			return nil, fmt.Errorf("moto lacks %s, which test/deploy/standin/filled.go does not have (%s)", of, strings.Join(filled, ", "))
		}
	}
	return lines, nil
}
