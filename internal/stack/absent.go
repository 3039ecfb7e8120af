package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/eventsource"
	"github.com/mapjob/mapjob/internal/functions"
	"github.com/mapjob/mapjob/internal/runnable"
	"github.com/mapjob/mapjob/internal/template"
)

// without notes that a resource does not run on this machine.
func (s *Stack) without(r *template.Resource, kind string, reason error) {
	s.missing[r] = true
	if s.template.Own(r) {
		first, rest, more := strings.Cut(reason.Error(), "\n")
		if more && rest != "" {
			first += " …"
		}
		s.absent = append(s.absent, fmt.Sprintf("%s %s (%s)", kind, s.template.ShortName(r), first))
	}
}

// noteAbsent notes the resources that do not run on this machine, and that a run
// could miss.
func (s *Stack) noteAbsent() {
	found := map[string][]string{}
	for _, r := range s.template.Resources() {
		if s.template.Own(r) && !isKnown(r.Type) {
			found[r.Type] = append(found[r.Type], r.ID)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(found)) {
		ids := found[kind]
		if len(ids) > 3 {
			s.absent = append(s.absent, fmt.Sprintf("%s and %d more (%s)", ids[0], len(ids)-1, kind))
			continue
		}
		for _, id := range ids {
			s.absent = append(s.absent, fmt.Sprintf("%s (%s)", id, kind))
		}
	}
}

// isKnown reports whether resources of a type run on this machine, or work without
// it.
func isKnown(kind string) bool {
	switch kind {
	case bucketType, "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", functions.Type, runnable.MachineType,
		eventsource.QueueType, eventsource.MappingType, eventsource.ConfigType, "AWS::CloudFormation::Stack":
		return true
	case "AWS::CDK::Metadata", "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::Logs::LogGroup",
		"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::Lambda::Permission", "AWS::KMS::Key", "AWS::KMS::Alias",
		"AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::Scheduler::Schedule", "AWS::Events::Rule", "AWS::Lambda::Url",
		"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::Lambda::LayerVersion",
		"AWS::SSM::Parameter", "Custom::CrossRegionExportReader", "Custom::CrossRegionExportWriter", "Custom::S3AutoDeleteObjects":
		return true
	}
	return strings.HasPrefix(kind, "AWS::EC2::") // networks: functions use that of this machine
}

// Absent lists the resources that do not run on this machine.
func (s *Stack) Absent() []string { return s.absent }

// Ignored lists what has no effect on this machine.
func (s *Stack) Ignored() []string { return s.ignored }
