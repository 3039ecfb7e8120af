package template

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// ref returns the value of Ref.
func (s *Stack) ref(id string) (any, error) {
	switch id {
	case "AWS::Region":
		return s.Region, nil
	case "AWS::AccountId":
		return s.Account, nil
	case "AWS::Partition":
		return Partition, nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	case "AWS::StackName":
		return s.Name, nil
	case "AWS::StackId":
		return s.ARN("cloudformation", "stack/"+s.Name+"/local"), nil
	case "AWS::NotificationARNs":
		return []any{}, nil
	case "AWS::NoValue":
		return omitted{}, nil
	}
	if p, ok := s.document.Parameters[id]; ok {
		return s.parameter(id, p)
	}
	r := s.resources[id]
	if r == nil {
		return nil, fmt.Errorf("got a reference to %q, expected a resource or parameter of the template", id)
	}
	switch r.Type { // if Ref is not the name (CloudFormation, "Return values" of each type)
	case "AWS::StepFunctions::StateMachine", "AWS::SNS::Topic", "AWS::SecretsManager::Secret", "AWS::CloudFormation::Stack", "AWS::Lambda::LayerVersion":
		return r.ARN(), nil
	case "AWS::Lambda::Version", "AWS::Lambda::Alias":
		return s.functionOf(r)
	case "AWS::SQS::Queue":
		return s.attribute(id, "QueueUrl")
	}
	return r.PhysicalName(), nil
}

// attribute returns the value of Fn::GetAtt.
func (s *Stack) attribute(id, attribute string) (any, error) {
	r := s.resources[id]
	if r == nil {
		return nil, fmt.Errorf("got a reference to %q, expected a resource of the template", id)
	}
	if attribute == "Arn" || attribute == "TopicArn" {
		if arn := r.ARN(); arn != "" {
			return arn, nil
		}
	}
	name := r.PhysicalName()
	switch r.Type + "." + attribute {
	case "AWS::S3::Bucket.DomainName", "AWS::S3::Bucket.RegionalDomainName":
		return name + ".s3.amazonaws.com", nil
	case "AWS::SQS::Queue.QueueUrl":
		return "https://sqs." + s.Region + ".amazonaws.com/" + s.Account + "/" + name, nil
	case "AWS::StepFunctions::StateMachine.Name", "AWS::SQS::Queue.QueueName", "AWS::SNS::Topic.TopicName", "AWS::Events::EventBus.Name":
		return name, nil
	case "AWS::Lambda::Version.FunctionArn", "AWS::Lambda::Alias.AliasArn":
		return s.functionOf(r)
	case "AWS::SSM::Parameter.Value":
		return s.Resolve(r.properties["Value"])
	}
	switch output, of, _ := strings.Cut(attribute, "."); {
	case r.Type == "Custom::CrossRegionExportReader":
		return s.stored(attribute)
	case r.Type == "AWS::CloudFormation::Stack" && output == "Outputs":
		for _, n := range s.nested {
			if n.holder == r && n.HasOutput(of) {
				return n.Output(of)
			}
		}
	}
	return nil, fmt.Errorf("got %s.%s of a %s, which has no value on this machine", id, attribute, r.Type)
}

// functionOf returns the ARN of the function that a version or an alias is of. On
// this machine, all versions are the latest one.
func (s *Stack) functionOf(r *Resource) (any, error) {
	v, err := s.Resolve(r.properties["FunctionName"])
	if err != nil {
		return nil, err
	}
	name := fmt.Sprint(v)
	if strings.HasPrefix(name, "arn:") {
		return name, nil
	}
	return s.ARN("lambda", "function:"+name), nil
}

// imported returns the value that a stack of the app exports under a name.
func (s *Stack) imported(name string) (any, error) {
	of, output := s.exporter(name)
	if of == nil {
		return nil, fmt.Errorf("got an import of %q, expected %s", name, cmp.Or(s.assembly.advice.Import, "the name of an export of a stack of the app"))
	}
	v, err := of.Resolve(output.Value)
	if err != nil {
		return nil, fmt.Errorf("export %s of stack %s: %w", name, of.Path, err)
	}
	return v, nil
}

// exporter returns the stack that exports a name, and the output. Exports are
// those of an account and a region.
func (s *Stack) exporter(name string) (*Stack, output) {
	for _, other := range s.others() {
		if other.Region != s.Region || other.Account != s.Account {
			continue
		}
		for _, o := range other.document.Outputs {
			if o.Export.Name == nil {
				continue
			}
			if exported, err := other.Resolve(o.Export.Name); err == nil && exported == name {
				return other, o
			}
		}
	}
	return nil, output{}
}

// others returns all stacks of the app, those of the same stage first.
func (s *Stack) others() []*Stack {
	stage := func(t *Stack) string { return t.root().Path[:strings.LastIndex(t.root().Path, "/")+1] }
	var near, far []*Stack
	for _, root := range s.assembly.stacks {
		if stage(root) == stage(s) {
			near = append(near, root.tree()...)
		} else {
			far = append(far, root.tree()...)
		}
	}
	return append(near, far...)
}

// dynamicBegin begins a dynamic reference in a text.
const dynamicBegin = "{{resolve:"

// dynamicReference is a dynamic reference: the service, and the name.
var dynamicReference = regexp.MustCompile(`\{\{resolve:([a-z-]+):([^:}]*)[^}]*\}\}`)

// dynamic resolves the dynamic references in a text, {{resolve:ssm:NAME}} and
// {{resolve:ssm:NAME:VERSION}}, with parameters of the app.
func (s *Stack) dynamic(text string) (any, error) {
	var failed error
	resolved := dynamicReference.ReplaceAllStringFunc(text, func(reference string) string {
		parts := dynamicReference.FindStringSubmatch(reference)
		if parts[1] != "ssm" {
			failed = cmp.Or(failed, fmt.Errorf("got %s, which has no value on this machine", reference))
			return reference
		}
		v, err := s.stored(parts[2])
		failed = cmp.Or(failed, err)
		return fmt.Sprint(v)
	})
	if failed != nil {
		return nil, failed
	}
	return resolved, nil
}

// stored returns the value of a parameter in the Systems Manager's parameter
// store: one that a stack of the app has, or that one writes for stacks in other
// regions.
func (s *Stack) stored(name string) (any, error) {
	if of, v := s.storer(name); of != nil {
		return of.Resolve(v)
	}
	return nil, fmt.Errorf("got a reference to parameter %s of the parameter store, expected one that a stack of the app creates", name)
}

// storer returns the stack that stores a parameter, and its value. Parameters are
// those of an account and a region.
func (s *Stack) storer(name string) (*Stack, any) {
	for _, other := range s.others() {
		if other.Account != s.Account {
			continue
		}
		if other.Region == s.Region {
			for _, r := range other.own("AWS::SSM::Parameter") {
				if r.PhysicalName() == name {
					return other, r.properties["Value"]
				}
			}
		}
		for _, r := range other.own("Custom::CrossRegionExportWriter") {
			props, _ := r.properties["WriterProps"].(map[string]any)
			exports, _ := props["exports"].(map[string]any)
			if v, ok := exports[name]; ok && (props["region"] == s.Region || props["region"] == nil) {
				return other, v
			}
		}
	}
	return nil, nil
}
