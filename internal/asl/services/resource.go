package services

import (
	"regexp"
	"strings"
)

// Pattern says how a task waits for its resource (developer guide, "Discover
// service integration patterns").
type Pattern string

// The four patterns.
const (
	RequestResponse  Pattern = ""
	RunJob           Pattern = ".sync"
	RunJob2          Pattern = ".sync:2"
	WaitForTaskToken Pattern = ".waitForTaskToken"
)

// Resource identifies what a task calls.
type Resource struct {
	// ARN is the Resource field as it is in the definition.
	ARN string
	// Service and Action are set for a service integration, such as "lambda"
	// and "invoke" in arn:aws:states:::lambda:invoke, or "aws-sdk:s3" and
	// "getObject". For a Lambda function or an activity Service is "function"
	// or "activity" and Action is empty.
	Service string
	Action  string
	Pattern Pattern
	// Call is the action with its pattern, such as startExecution.sync.
	Call string
}

// Values of Resource.Service for resources that are not service integrations.
const (
	FunctionService = "function"
	ActivityService = "activity"
)

// Name returns the ARN without the pattern.
func (r Resource) Name() string { return strings.TrimSuffix(r.ARN, string(r.Pattern)) }

// Integration reports whether the resource is a service integration rather than
// the ARN of a function or an activity.
func (r Resource) Integration() bool {
	return r.Service != FunctionService && r.Service != ActivityService
}

var (
	// The partition may be a substitution such as ${AWS::Partition}.
	integrationARN = regexp.MustCompile(`^arn:(?:\$\{[^}]*\}|[^:])*:states:[^:]*:[^:]*:(aws-sdk:[A-Za-z0-9-]+|[A-Za-z0-9-]+):([A-Za-z][A-Za-z0-9]*)(\.sync:2|\.sync|\.waitForTaskToken)?$`)
	functionARN    = regexp.MustCompile(`^arn:[^:]*:lambda:[^:]*:[^:]*:function:.+$`)
	activityARN    = regexp.MustCompile(`^arn:[^:]*:states:[^:]+:[^:]+:activity:.+$`)
)

// Parse parses the Resource of a task. It takes a text with a substitution for a
// function.
func Parse(arn string) (Resource, bool) {
	switch match := integrationARN.FindStringSubmatch(arn); {
	case activityARN.MatchString(arn):
		return Resource{ARN: arn, Service: ActivityService}, true
	case match != nil:
		return Resource{ARN: arn, Service: match[1], Action: match[2], Pattern: Pattern(match[3]), Call: match[2] + match[3]}, true
	case functionARN.MatchString(arn), strings.Contains(arn, "${"):
		return Resource{ARN: arn, Service: FunctionService}, true
	}
	return Resource{}, false
}
