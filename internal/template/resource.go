package template

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"reflect"
	"strings"

	"github.com/mapjob/mapjob/internal/protocol"
)

// Resource is a resource of a stack.
type Resource struct {
	ID    string // logical ID
	Type  string
	Stack *Stack

	condition  string
	properties map[string]any
	metadata   map[string]any
	path       string // of its construct
}

// exists reports whether the resource's condition holds. One that can't be
// resolved is reported by what needs the resource.
func (r *Resource) exists() bool {
	if r.condition == "" {
		return true
	}
	holds, err := r.Stack.condition(r.condition)
	return holds || err != nil
}

// Has reports whether the template sets a property.
func (r *Resource) Has(property string) bool { return r.properties[property] != nil }

// Metadata decodes the metadata of the resource under a key. It reports whether
// the resource has it.
func (r *Resource) Metadata(key string, into any) (bool, error) {
	value, ok := r.metadata[key]
	if !ok {
		return false, nil
	}
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return false, fmt.Errorf("resource %s: metadata %s: %w", r.ID, key, err)
	}
	return true, nil
}

// IsStarter reports whether a state machine is one that a trigger brings along to
// start another.
func (r *Resource) IsStarter() bool {
	_, ok := r.metadata[protocol.StarterMetadata]
	return ok
}

// Decode fills a struct with the resource's properties, resolved. Properties for
// which the struct has no field are not resolved: they may refer to what has no
// value on this machine.
func (r *Resource) Decode(into any) error {
	fields := reflect.TypeOf(into).Elem()
	names := make([]string, fields.NumField())
	for i := range names {
		names[i] = fields.Field(i).Name
	}
	resolved, err := r.Properties(names...)
	if err != nil {
		return err
	}
	text, err := json.Marshal(resolved)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("%s (%s): %w", r.ID, r.Type, err)
	}
	return nil
}

// Properties resolves some properties; all, if none is named.
func (r *Resource) Properties(names ...string) (map[string]any, error) {
	if len(names) == 0 {
		return r.resolve(r.properties)
	}
	wanted := map[string]any{}
	for _, name := range names {
		if v, ok := r.properties[name]; ok {
			wanted[name] = v
		}
	}
	return r.resolve(wanted)
}

// Members resolves the members of an object among the properties, each on its own:
// resolved has those that have a value, and failed why others have none.
func (r *Resource) Members(path ...string) (resolved map[string]any, failed map[string]error) {
	object := r.properties
	for _, name := range path {
		object, _ = object[name].(map[string]any)
	}
	resolved, failed = map[string]any{}, map[string]error{}
	for name, v := range object {
		value, err := r.Stack.Resolve(v)
		switch {
		case err != nil:
			failed[name] = err
		case value != omitted{}:
			resolved[name] = value
		}
	}
	return resolved, failed
}

func (r *Resource) resolve(properties map[string]any) (map[string]any, error) {
	if r.condition != "" {
		if _, err := r.Stack.condition(r.condition); err != nil {
			return nil, fmt.Errorf("%s (%s): %w", r.ID, r.Type, err)
		}
	}
	resolved, err := r.Stack.resolveObject(properties)
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", r.ID, r.Type, err)
	}
	return resolved, nil
}

// Path returns the path of the resource's construct, without the last parts that
// say nothing.
func (r *Resource) Path() string {
	path := cmp.Or(r.path, r.Stack.Path+"/"+r.ID)
	for _, tail := range []string{"/Resource", "/Default", "/Function", "/StateMachine"} {
		path = strings.TrimSuffix(path, tail)
	}
	return path
}

// ShortName returns the name by which users call a resource: the path of its
// construct below the stack, or the whole path if it is of another stack.
func (s *Stack) ShortName(r *Resource) string {
	path := r.Path()
	if s.Own(r) {
		path = strings.TrimPrefix(path, s.Path+"/")
	}
	return strings.ReplaceAll(path, "/", ".")
}

// physicalNames has the properties in which a template may name a resource.
var physicalNames = map[string]string{
	"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName", "AWS::DynamoDB::GlobalTable": "TableName",
	"AWS::Lambda::Function": "FunctionName", "AWS::StepFunctions::StateMachine": "StateMachineName",
	"AWS::SNS::Topic": "TopicName", "AWS::SQS::Queue": "QueueName", "AWS::Events::EventBus": "Name", "AWS::SSM::Parameter": "Name",
}

// PhysicalName returns the name of the resource on this machine.
func (r *Resource) PhysicalName() string {
	if named := r.properties[physicalNames[r.Type]]; named != nil {
		if given, err := r.Stack.Resolve(named); err == nil {
			if name, ok := given.(string); ok {
				return name
			}
		}
	}
	name := r.Stack.Name + "-" + r.ID
	if r.properties["FifoQueue"] == true || r.properties["FifoTopic"] == true {
		return name + ".fifo"
	}
	most := 64
	if r.Type == "AWS::S3::Bucket" {
		name, most = strings.ToLower(name), 63
	}
	if len(name) <= most {
		return name
	}
	// The end is that of the logical ID. Stacks of one class have the same logical
	// IDs, and what tells their names apart may be cut off.
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name))
	end := fmt.Sprintf("%08x-%s", hash.Sum32(), name[len(name)-17:])
	return name[:most-len(end)] + end
}

// ARN returns the ARN of the resource, if it is one that the local run knows.
func (r *Resource) ARN() string {
	name := r.PhysicalName()
	switch r.Type {
	case "AWS::S3::Bucket":
		return "arn:" + Partition + ":s3:::" + name
	case "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable":
		return r.Stack.ARN("dynamodb", "table/"+name)
	case "AWS::Lambda::Function":
		return r.Stack.ARN("lambda", "function:"+name)
	case "AWS::Lambda::LayerVersion":
		return r.Stack.ARN("lambda", "layer:"+name+":1")
	case "AWS::StepFunctions::StateMachine":
		return r.Stack.ARN("states", "stateMachine:"+name)
	case "AWS::IAM::Role":
		return "arn:" + Partition + ":iam::" + r.Stack.Account + ":role/" + name
	case "AWS::Logs::LogGroup":
		return r.Stack.ARN("logs", "log-group:"+name+":*")
	case "AWS::KMS::Key":
		return r.Stack.ARN("kms", "key/"+name)
	case "AWS::SNS::Topic":
		return r.Stack.ARN("sns", name)
	case "AWS::SQS::Queue":
		return r.Stack.ARN("sqs", name)
	case "AWS::Events::EventBus":
		return r.Stack.ARN("events", "event-bus/"+name)
	case "AWS::SecretsManager::Secret":
		return r.Stack.ARN("secretsmanager", "secret:"+name)
	case "AWS::CloudFormation::Stack":
		return r.Stack.ARN("cloudformation", "stack/"+name+"/local")
	}
	return ""
}
