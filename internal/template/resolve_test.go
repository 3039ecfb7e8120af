package template

import (
	"encoding/json"
	"strings"
	"testing"
)

const sampleTemplate = `{
  "Parameters": {"Version": {"Type": "String", "Default": "7"}, "Open": {"Type": "String"}},
  "Mappings": {"Sizes": {"us-east-1": {"memory": 512}}},
  "Conditions": {"Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}, "There": {"Fn::Not": [{"Condition": "Here"}]},
    "Both": {"Fn::And": [{"Condition": "Here"}, {"Condition": "There"}]}, "Any": {"Fn::Or": [{"Condition": "Here"}, {"Condition": "There"}]}},
  "Resources": {
    "Bucket83908E77": {"Type": "AWS::S3::Bucket", "Metadata": {"aws:cdk:path": "Stack/Invoices/Resource"}},
    "Named": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "given"}},
    "Table": {"Type": "AWS::DynamoDB::Table"},
    "Function": {"Type": "AWS::Lambda::Function"},
    "Machine": {"Type": "AWS::StepFunctions::StateMachine"},
    "Role": {"Type": "AWS::IAM::Role"},
    "AVeryLongNameThatDoesNotFitIntoSixtyThreeCharactersOfABucketsName1234ABCD": {"Type": "AWS::S3::Bucket"},
    "Queue": {"Type": "AWS::SQS::Queue"},
    "Ordered": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": true}},
    "Topic": {"Type": "AWS::SNS::Topic"},
    "Rate": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/rate", "Value": "19"}},
    "Other": {"Type": "AWS::EC2::Instance"}
  }
}`

func resolve(t *testing.T, expression string) (string, error) {
	t.Helper()
	s := read(t, object{"Stack": stackOf(t, sampleTemplate)}).stacks[0]
	var v any
	if err := json.Unmarshal([]byte(expression), &v); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(v)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(resolved)
	return string(text), err
}

func TestResolve(t *testing.T) {
	for expression, expected := range map[string]string{
		`{"Ref": "Bucket83908E77"}`:                                                            `"stack-bucket83908e77"`,
		`{"Ref": "Named"}`:                                                                     `"given"`,
		`"{{resolve:ssm:/rate}}"`:                                                              `"19"`,
		`"a/{{resolve:ssm:/rate:2}}/{{resolve:ssm:/rate}}"`:                                    `"a/19/19"`,
		`{"Fn::Join": ["", ["{{resolve:ssm:", "/rate", "}}%"]]}`:                               `"19%"`,
		`{"Ref": "Queue"}`:                                                                     `"https://sqs.us-east-1.amazonaws.com/123456789012/Stack-Queue"`,
		`{"Ref": "Ordered"}`:                                                                   `"https://sqs.us-east-1.amazonaws.com/123456789012/Stack-Ordered.fifo"`,
		`{"Ref": "Topic"}`:                                                                     `"arn:aws:sns:us-east-1:123456789012:Stack-Topic"`,
		`{"Fn::GetAtt": ["Named", "Arn"]}`:                                                     `"arn:aws:s3:::given"`,
		`{"Fn::GetAtt": "Table.Arn"}`:                                                          `"arn:aws:dynamodb:us-east-1:123456789012:table/Stack-Table"`,
		`{"Fn::GetAtt": ["Function", "Arn"]}`:                                                  `"arn:aws:lambda:us-east-1:123456789012:function:Stack-Function"`,
		`{"Ref": "Machine"}`:                                                                   `"arn:aws:states:us-east-1:123456789012:stateMachine:Stack-Machine"`,
		`{"Fn::GetAtt": ["Role", "Arn"]}`:                                                      `"arn:aws:iam::123456789012:role/Stack-Role"`,
		`{"Fn::Join": ["-", ["a", {"Ref": "Version"}, 3]]}`:                                    `"a-7-3"`,
		`{"Fn::Sub": "${AWS::Partition}:${Table.Arn}:${!Literal}:${Version}"}`:                 `"aws:arn:aws:dynamodb:us-east-1:123456789012:table/Stack-Table:${Literal}:7"`,
		`{"Fn::Sub": ["${x}/${AWS::StackName}", {"x": {"Ref": "Named"}}]}`:                     `"given/Stack"`,
		`{"Fn::Select": [1, {"Fn::Split": [":", "a:b:c"]}]}`:                                   `"b"`,
		`{"Fn::Select": ["0", ["x"]]}`:                                                         `"x"`,
		`{"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "memory"]}`:                       `512`,
		`{"Fn::If": ["Here", 1, {"Ref": "Missing"}]}`:                                          `1`,
		`{"Fn::If": ["Both", 1, 2]}`:                                                           `2`,
		`{"Fn::If": ["Any", [1, {"Ref": "AWS::NoValue"}], 2]}`:                                 `[1]`,
		`{"a": {"Fn::If": ["There", 1, {"Ref": "AWS::NoValue"}]}, "b": true}`:                  `{"b":true}`,
		`{"Ref": "AVeryLongNameThatDoesNotFitIntoSixtyThreeCharactersOfABucketsName1234ABCD"}`: `"stack-averylongnamethatdoesnotfitinto6b3a94eb-cketsname1234abcd"`,
	} {
		got, err := resolve(t, expression)
		if err != nil || got != expected {
			t.Errorf("got %s and error %v for %s, expected %s", got, err, expression, expected)
		}
	}
}

func TestResolveErrorsNameThePath(t *testing.T) {
	for expression, expected := range map[string]string{
		`{"a": [{"b": {"Ref": "Missing"}}]}`:     `a: [0]: b: got a reference to "Missing", expected a resource or parameter of the template`,
		`{"Ref": "Open"}`:                        "parameter Open of stack Stack has no default",
		`{"Fn::GetAtt": ["Other", "PublicIp"]}`:  "got Other.PublicIp of a AWS::EC2::Instance, which has no value on this machine",
		`{"Fn::GetAtt": ["Missing", "Arn"]}`:     `got a reference to "Missing"`,
		`{"Fn::ImportValue": "x"}`:               `got an import of "x", expected the name of an export of a stack of the app`,
		`{"Fn::Cidr": ["10.0.0.0/16", 2, 8]}`:    "got Fn::Cidr, which is not supported on this machine",
		`"a/{{resolve:ssm:/none}}"`:              "got a reference to parameter /none of the parameter store",
		`"{{resolve:secretsmanager:x}}"`:         "got {{resolve:secretsmanager:x}}, which has no value on this machine",
		`{"Fn::Select": [5, ["x"]]}`:             "expected an index into a list",
		`{"Fn::If": ["Nowhere", 1, 2]}`:          `got condition "Nowhere"`,
		`{"Fn::Sub": "${Missing}"}`:              `Fn::Sub: got a reference to "Missing"`,
		`{"Fn::FindInMap": ["Sizes", "x", "y"]}`: "expected keys of Mappings",
		`{"Fn::Join": ["", "x"]}`:                "expected a list",
	} {
		if got, err := resolve(t, expression); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("got %s and error %v for %s, expected %q", got, err, expression, expected)
		}
	}
}

// A parameter of the store is that of the reader's region and account.
func TestStoredParametersAreThoseOfTheRegion(t *testing.T) {
	store := func(value, environment string) written {
		s := stackOf(t, `{"Resources": {"Rate": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/rate", "Value": "`+value+`"}}}}`)
		s.environment = environment
		return s
	}
	reader := stackOf(t, `{"Resources": {"Function": {"Type": "AWS::Lambda::Function", "Properties": {"Description": "{{resolve:ssm:/rate}}", "Handler": "{{resolve:secretsmanager:/secret}}"}}}}`)
	reader.environment = "aws://111111111111/eu-west-1"
	// A secret is no parameter, also if it has the name of one.
	secret := stackOf(t, `{"Resources": {"Rate": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/secret", "Value": "no"}}}}`)
	secret.environment = reader.environment
	read := read(t, object{"AOther": store("no", "aws://111111111111/us-east-1"), "BOther": store("no", "aws://222222222222/eu-west-1"),
		"Own": store("yes", "aws://111111111111/eu-west-1"), "Reader": reader, "CSecretOther": secret})
	s, err := read.Stack("Reader")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Resolve("{{resolve:ssm:/rate}}"); err != nil || got != "yes" {
		t.Errorf("got %v and error %v, expected the parameter of the same region and account", got, err)
	}
	var needed []string
	for _, n := range s.findNeeded() {
		needed = append(needed, n.Name)
	}
	if got := strings.Join(needed, " "); !strings.Contains(got, "Own") || strings.Contains(got, "Other") {
		t.Errorf("got the needed stacks %q, expected Reader and Own", got)
	}
}
