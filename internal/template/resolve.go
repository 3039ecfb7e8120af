package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Account and region used for pseudo parameters.
const (
	Region    = "us-east-1"
	Account   = "123456789012"
	Partition = "aws"
)

// Properties resolves the properties of a resource.
func (s *Stack) Properties(id string) (map[string]any, error) {
	resolved, err := s.Resolve(s.document.Resources[id].Properties)
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", id, s.document.Resources[id].Type, err)
	}
	properties, _ := resolved.(map[string]any)
	return properties, nil
}

// omitted is the value of AWS::NoValue.
type omitted struct{}

// Resolve replaces the intrinsic functions in a value of the template by plain
// values: names and ARNs as the resources have them on this machine.
func (s *Stack) Resolve(v any) (any, error) {
	switch v := v.(type) {
	case []any:
		list := make([]any, 0, len(v))
		for i, element := range v {
			r, err := s.Resolve(element)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			if r != (omitted{}) {
				list = append(list, r)
			}
		}
		return list, nil
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::") {
					return s.intrinsic(name, argument)
				}
			}
		}
		object := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			r, err := s.Resolve(v[name])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if r != (omitted{}) {
				object[name] = r
			}
		}
		return object, nil
	}
	return v, nil
}

func (s *Stack) intrinsic(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		id, _ := argument.(string)
		return s.ref(id)
	case "Fn::GetAtt":
		if path, ok := argument.(string); ok {
			id, attribute, _ := strings.Cut(path, ".")
			return s.attribute(id, attribute)
		}
		pair, err := s.list(name, argument, 2)
		if err != nil {
			return nil, err
		}
		return s.attribute(fmt.Sprint(pair[0]), fmt.Sprint(pair[1]))
	case "Fn::Sub":
		return s.substitute(argument)
	case "Fn::If":
		parts, ok := argument.([]any) // the branch not taken is not resolved
		if !ok || len(parts) != 3 {
			return nil, fmt.Errorf("%s: got %v, expected a condition and two values", name, argument)
		}
		holds, err := s.condition(fmt.Sprint(parts[0]))
		if err != nil {
			return nil, err
		}
		if holds {
			return s.Resolve(parts[1])
		}
		return s.Resolve(parts[2])
	case "Condition":
		return s.condition(fmt.Sprint(argument))
	}

	args, err := s.list(name, argument, 0)
	if err != nil {
		return nil, err
	}
	switch {
	case name == "Fn::Join" && len(args) == 2:
		parts, ok := args[1].([]any)
		if !ok {
			return nil, fmt.Errorf("%s: got %v, expected a list", name, args[1])
		}
		texts := make([]string, len(parts))
		for i, p := range parts {
			texts[i] = fmt.Sprint(p)
		}
		return strings.Join(texts, fmt.Sprint(args[0])), nil
	case name == "Fn::Split" && len(args) == 2:
		var list []any
		for part := range strings.SplitSeq(fmt.Sprint(args[1]), fmt.Sprint(args[0])) {
			list = append(list, part)
		}
		return list, nil
	case name == "Fn::Select" && len(args) == 2:
		at, err := strconv.Atoi(fmt.Sprint(args[0]))
		list, ok := args[1].([]any)
		if err != nil || !ok || at < 0 || at >= len(list) {
			return nil, fmt.Errorf("%s: got %v, expected an index into a list", name, args)
		}
		return list[at], nil
	case name == "Fn::FindInMap" && len(args) == 3:
		v, ok := s.document.Mappings[fmt.Sprint(args[0])][fmt.Sprint(args[1])][fmt.Sprint(args[2])]
		if !ok {
			return nil, fmt.Errorf("%s: got %v, expected keys of Mappings", name, args)
		}
		return v, nil
	case name == "Fn::Equals" && len(args) == 2:
		return fmt.Sprint(args[0]) == fmt.Sprint(args[1]), nil
	case name == "Fn::Not" && len(args) == 1:
		return args[0] != true, nil
	case name == "Fn::And":
		return !slices.Contains(args, any(false)), nil
	case name == "Fn::Or":
		return slices.Contains(args, any(true)), nil
	}
	return nil, fmt.Errorf("got %s, which is not supported on this machine", name)
}

func (s *Stack) list(name string, argument any, length int) ([]any, error) {
	resolved, err := s.Resolve(argument)
	if err != nil {
		return nil, err
	}
	list, ok := resolved.([]any)
	if !ok {
		list = []any{resolved}
	}
	if length > 0 && len(list) != length {
		return nil, fmt.Errorf("%s: got %v, expected %d arguments", name, argument, length)
	}
	return list, nil
}

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

func (s *Stack) substitute(argument any) (any, error) {
	text, variables := "", map[string]any{}
	switch argument := argument.(type) {
	case string:
		text = argument
	case []any:
		if len(argument) == 2 {
			text, _ = argument[0].(string)
			variables, _ = argument[1].(map[string]any)
		}
	}
	var failure error
	result := placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name := strings.TrimSpace(match[2 : len(match)-1])
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			return "${" + literal + "}"
		}
		var v any
		var err error
		if given, ok := variables[name]; ok {
			v, err = s.Resolve(given)
		} else if id, attribute, ok := strings.Cut(name, "."); ok {
			v, err = s.attribute(id, attribute)
		} else {
			v, err = s.ref(name)
		}
		if err != nil && failure == nil {
			failure = fmt.Errorf("Fn::Sub: %w", err)
		}
		return fmt.Sprint(v)
	})
	return result, failure
}

func (s *Stack) condition(name string) (bool, error) {
	expression, ok := s.document.Conditions[name]
	if !ok {
		return false, fmt.Errorf("got condition %q, expected one of the template", name)
	}
	v, err := s.Resolve(expression)
	return v == true, err
}

func (s *Stack) ref(id string) (any, error) {
	switch id {
	case "AWS::Region":
		return Region, nil
	case "AWS::AccountId":
		return Account, nil
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
		if p.Default == nil {
			return nil, fmt.Errorf("parameter %s has no default, expected one: parameters have no other value on this machine", id)
		}
		return p.Default, nil
	}
	r := s.document.Resources[id]
	if r == nil {
		return nil, fmt.Errorf("got a reference to %q, expected a resource or parameter of the template", id)
	}
	switch r.Type { // if Ref is not the name (CloudFormation, "Return values" of each type)
	case "AWS::StepFunctions::StateMachine", "AWS::SNS::Topic", "AWS::SecretsManager::Secret":
		return s.attribute(id, "Arn")
	case "AWS::SQS::Queue":
		return s.attribute(id, "QueueUrl")
	}
	return s.PhysicalName(id), nil
}

// attribute returns the value of Fn::GetAtt.
func (s *Stack) attribute(id, attribute string) (any, error) {
	r := s.document.Resources[id]
	if r == nil {
		return nil, fmt.Errorf("got a reference to %q, expected a resource of the template", id)
	}
	name := s.PhysicalName(id)
	switch r.Type + "." + attribute {
	case "AWS::S3::Bucket.Arn":
		return "arn:" + Partition + ":s3:::" + name, nil
	case "AWS::S3::Bucket.DomainName", "AWS::S3::Bucket.RegionalDomainName":
		return name + ".s3.amazonaws.com", nil
	case "AWS::DynamoDB::Table.Arn", "AWS::DynamoDB::GlobalTable.Arn":
		return s.ARN("dynamodb", "table/"+name), nil
	case "AWS::Lambda::Function.Arn":
		return s.ARN("lambda", "function:"+name), nil
	case "AWS::StepFunctions::StateMachine.Arn":
		return s.ARN("states", "stateMachine:"+name), nil
	case "AWS::StepFunctions::StateMachine.Name":
		return name, nil
	case "AWS::IAM::Role.Arn":
		return "arn:" + Partition + ":iam::" + Account + ":role/" + name, nil
	case "AWS::Logs::LogGroup.Arn":
		return s.ARN("logs", "log-group:"+name+":*"), nil
	case "AWS::KMS::Key.Arn":
		return s.ARN("kms", "key/"+name), nil
	case "AWS::SNS::Topic.Arn", "AWS::SNS::Topic.TopicArn":
		return s.ARN("sns", name), nil
	case "AWS::SQS::Queue.Arn":
		return s.ARN("sqs", name), nil
	case "AWS::SQS::Queue.QueueUrl":
		return "https://sqs." + Region + ".amazonaws.com/" + Account + "/" + name, nil
	case "AWS::SQS::Queue.QueueName", "AWS::SNS::Topic.TopicName", "AWS::Events::EventBus.Name":
		return name, nil
	case "AWS::Events::EventBus.Arn":
		return s.ARN("events", "event-bus/"+name), nil
	case "AWS::SecretsManager::Secret.Arn":
		return s.ARN("secretsmanager", "secret:"+name), nil
	}
	return nil, fmt.Errorf("got %s.%s of a %s, which has no value on this machine", id, attribute, r.Type)
}

// ARN returns the ARN of a resource of a service, in the account and region of
// this machine.
func (s *Stack) ARN(service, resource string) string {
	return strings.Join([]string{"arn", Partition, service, Region, Account, resource}, ":")
}

// physicalNames has the properties in which a template may name a resource.
var physicalNames = map[string]string{
	"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName", "AWS::DynamoDB::GlobalTable": "TableName",
	"AWS::Lambda::Function": "FunctionName", "AWS::StepFunctions::StateMachine": "StateMachineName",
	"AWS::SNS::Topic": "TopicName", "AWS::SQS::Queue": "QueueName", "AWS::Events::EventBus": "Name",
}

// PhysicalName returns the name of a resource on this machine.
func (s *Stack) PhysicalName(id string) string {
	r := s.document.Resources[id]
	if given, ok := r.Properties[physicalNames[r.Type]].(string); ok {
		return given
	}
	name := s.Name + "-" + id
	if r.Properties["FifoQueue"] == true || r.Properties["FifoTopic"] == true {
		return name + ".fifo"
	}
	most := 64
	if r.Type == "AWS::S3::Bucket" {
		name, most = strings.ToLower(name), 63
	}
	if len(name) > most { // logical IDs end in a hash of their own
		name = name[:most-17] + name[len(name)-17:]
	}
	return name
}

// Decode fills a struct with the properties of a resource, resolved.
func (s *Stack) Decode(id string, into any) error {
	properties, err := s.Properties(id)
	if err != nil {
		return err
	}
	text, err := json.Marshal(properties)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("%s (%s): %w", id, s.document.Resources[id].Type, err)
	}
	return nil
}
