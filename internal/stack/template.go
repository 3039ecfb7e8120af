package cloud

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The region and the account of this machine, and what else a template may ask
// of where it is.
const (
	Region    = "us-east-1"
	Account   = "123456789012"
	partition = "aws"
)

// template is a CloudFormation template, and resolves what is in it to plain
// values: names and ARNs as the resources have them on this machine.
type template struct {
	stack      string
	Parameters map[string]struct{ Default any }
	Mappings   map[string]map[string]map[string]any
	Conditions map[string]any
	Resources  map[string]*resource
	Outputs    map[string]struct{ Value any }
}

type resource struct {
	Type       string
	Properties map[string]any
	Metadata   map[string]any
}

// ofType lists the logical IDs of the resources of a type, sorted.
func (t *template) ofType(types ...string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if slices.Contains(types, t.Resources[id].Type) {
			ids = append(ids, id)
		}
	}
	return ids
}

// properties resolves the properties of a resource.
func (t *template) properties(id string) (map[string]any, error) {
	resolved, err := t.resolve(t.Resources[id].Properties)
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", id, t.Resources[id].Type, err)
	}
	properties, _ := resolved.(map[string]any)
	return properties, nil
}

// omitted stands for AWS::NoValue.
type omitted struct{}

func (t *template) resolve(v any) (any, error) {
	switch v := v.(type) {
	case []any:
		list := make([]any, 0, len(v))
		for i, element := range v {
			r, err := t.resolve(element)
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
					return t.intrinsic(name, argument)
				}
			}
		}
		object := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			r, err := t.resolve(v[name])
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

func (t *template) intrinsic(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		id, _ := argument.(string)
		return t.ref(id)
	case "Fn::GetAtt":
		if s, ok := argument.(string); ok {
			id, attribute, _ := strings.Cut(s, ".")
			return t.attribute(id, attribute)
		}
		pair, err := t.list(name, argument, 2)
		if err != nil {
			return nil, err
		}
		return t.attribute(fmt.Sprint(pair[0]), fmt.Sprint(pair[1]))
	case "Fn::Sub":
		return t.substitute(argument)
	case "Fn::If":
		parts, ok := argument.([]any) // the branch not taken is not resolved
		if !ok || len(parts) != 3 {
			return nil, fmt.Errorf("%s: got %v, expected a condition and two values", name, argument)
		}
		holds, err := t.condition(fmt.Sprint(parts[0]))
		if err != nil {
			return nil, err
		}
		if holds {
			return t.resolve(parts[1])
		}
		return t.resolve(parts[2])
	case "Condition":
		return t.condition(fmt.Sprint(argument))
	}

	args, err := t.list(name, argument, 0)
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
		for _, part := range strings.Split(fmt.Sprint(args[1]), fmt.Sprint(args[0])) {
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
		v, ok := t.Mappings[fmt.Sprint(args[0])][fmt.Sprint(args[1])][fmt.Sprint(args[2])]
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
	return nil, fmt.Errorf("got %s, which has no meaning on this machine", name)
}

func (t *template) list(name string, argument any, length int) ([]any, error) {
	resolved, err := t.resolve(argument)
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

func (t *template) substitute(argument any) (any, error) {
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
			v, err = t.resolve(given)
		} else if id, attribute, ok := strings.Cut(name, "."); ok {
			v, err = t.attribute(id, attribute)
		} else {
			v, err = t.ref(name)
		}
		if err != nil && failure == nil {
			failure = fmt.Errorf("Fn::Sub: %w", err)
		}
		return fmt.Sprint(v)
	})
	return result, failure
}

func (t *template) condition(name string) (bool, error) {
	expression, ok := t.Conditions[name]
	if !ok {
		return false, fmt.Errorf("got condition %q, expected one of the template", name)
	}
	v, err := t.resolve(expression)
	return v == true, err
}

func (t *template) ref(id string) (any, error) {
	switch id {
	case "AWS::Region":
		return Region, nil
	case "AWS::AccountId":
		return Account, nil
	case "AWS::Partition":
		return partition, nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	case "AWS::StackName":
		return t.stack, nil
	case "AWS::StackId":
		return t.arn("cloudformation", "stack/"+t.stack+"/local"), nil
	case "AWS::NotificationARNs":
		return []any{}, nil
	case "AWS::NoValue":
		return omitted{}, nil
	}
	if p, ok := t.Parameters[id]; ok {
		if p.Default == nil {
			return nil, fmt.Errorf("parameter %s has no default, expected one: there is nobody to ask on this machine", id)
		}
		return p.Default, nil
	}
	r := t.Resources[id]
	if r == nil {
		return nil, fmt.Errorf("got a reference to %q, expected a resource or parameter of the template", id)
	}
	switch r.Type { // those whose Ref is an ARN or another address (CloudFormation, "Return values" of each type)
	case "AWS::StepFunctions::StateMachine", "AWS::SNS::Topic", "AWS::SecretsManager::Secret":
		return t.attribute(id, "Arn")
	case "AWS::SQS::Queue":
		return t.attribute(id, "QueueUrl")
	}
	return t.name(id), nil
}

// attribute is what Fn::GetAtt gives of a resource.
func (t *template) attribute(id, attribute string) (any, error) {
	r := t.Resources[id]
	if r == nil {
		return nil, fmt.Errorf("got a reference to %q, expected a resource of the template", id)
	}
	name := t.name(id)
	switch r.Type + "." + attribute {
	case "AWS::S3::Bucket.Arn":
		return "arn:" + partition + ":s3:::" + name, nil
	case "AWS::S3::Bucket.DomainName", "AWS::S3::Bucket.RegionalDomainName":
		return name + ".s3.amazonaws.com", nil
	case "AWS::DynamoDB::Table.Arn", "AWS::DynamoDB::GlobalTable.Arn":
		return t.arn("dynamodb", "table/"+name), nil
	case "AWS::Lambda::Function.Arn":
		return t.arn("lambda", "function:"+name), nil
	case "AWS::StepFunctions::StateMachine.Arn":
		return t.arn("states", "stateMachine:"+name), nil
	case "AWS::StepFunctions::StateMachine.Name":
		return name, nil
	case "AWS::IAM::Role.Arn":
		return "arn:" + partition + ":iam::" + Account + ":role/" + name, nil
	case "AWS::Logs::LogGroup.Arn":
		return t.arn("logs", "log-group:"+name+":*"), nil
	case "AWS::KMS::Key.Arn":
		return t.arn("kms", "key/"+name), nil
	case "AWS::SNS::Topic.Arn", "AWS::SNS::Topic.TopicArn":
		return t.arn("sns", name), nil
	case "AWS::SQS::Queue.Arn":
		return t.arn("sqs", name), nil
	case "AWS::SQS::Queue.QueueUrl":
		return "https://sqs." + Region + ".amazonaws.com/" + Account + "/" + name, nil
	case "AWS::SQS::Queue.QueueName", "AWS::SNS::Topic.TopicName", "AWS::Events::EventBus.Name":
		return name, nil
	case "AWS::Events::EventBus.Arn":
		return t.arn("events", "event-bus/"+name), nil
	case "AWS::SecretsManager::Secret.Arn":
		return t.arn("secretsmanager", "secret:"+name), nil
	}
	return nil, fmt.Errorf("got %s.%s of a %s, which has no value on this machine", id, attribute, r.Type)
}

func (t *template) arn(service, resource string) string {
	return strings.Join([]string{"arn", partition, service, Region, Account, resource}, ":")
}

// physicalNames are the properties in which a template names a resource itself.
var physicalNames = map[string]string{
	"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName", "AWS::DynamoDB::GlobalTable": "TableName",
	"AWS::Lambda::Function": "FunctionName", "AWS::StepFunctions::StateMachine": "StateMachineName",
	"AWS::SNS::Topic": "TopicName", "AWS::SQS::Queue": "QueueName", "AWS::Events::EventBus": "Name",
}

// name is the physical name of a resource on this machine.
func (t *template) name(id string) string {
	r := t.Resources[id]
	if given, ok := r.Properties[physicalNames[r.Type]].(string); ok {
		return given
	}
	name := t.stack + "-" + id
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

// decodeInto fills a struct from resolved properties.
func decodeInto(properties map[string]any, into any) error {
	text, err := json.Marshal(properties)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
