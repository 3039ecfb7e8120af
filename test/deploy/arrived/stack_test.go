package arrived

import (
	"slices"
	"testing"

	"github.com/mapjob/mapjob/internal/template"
)

const text = `{"Resources": {
	"Work": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60, "RedrivePolicy": {"maxReceiveCount": 3, "deadLetterTargetArn": {"Fn::GetAtt": ["WorkDead", "Arn"]}}}},
	"WorkDead": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1209600}},
	"Key": {"Type": "AWS::KMS::Key", "Properties": {}},
	"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}
}}`

func deployed() *Stack {
	return &Stack{Name: "Shop", Status: "CREATE_COMPLETE", Resources: map[string]*Resource{
		"Work": {Type: "AWS::SQS::Queue", PhysicalID: "https://sqs.eu-west-1.amazonaws.com/210987654321/Shop-Work-1", Status: "CREATE_COMPLETE",
			Properties: map[string]any{"VisibilityTimeout": "60", "RedrivePolicy": map[string]any{"maxReceiveCount": 3.0, "deadLetterTargetArn": "arn:aws:sqs:eu-west-1:210987654321:Shop-WorkDead-2"}}},
		"WorkDead": {Type: "AWS::SQS::Queue", PhysicalID: "https://sqs.eu-west-1.amazonaws.com/210987654321/Shop-WorkDead-2", Status: "CREATE_COMPLETE",
			Properties: map[string]any{"MessageRetentionPeriod": "1209600", "SqsManagedSseEnabled": "true"}},
		"Key": {Type: "AWS::KMS::Key", PhysicalID: "k", Status: "CREATE_COMPLETE"},
	}}
}

func TestCompare(t *testing.T) {
	of, err := template.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	clients := &Clients{account: "210987654321", region: "eu-west-1"}
	texts := func(list []Difference) (lines []string) {
		for _, d := range list {
			lines = append(lines, d.String())
		}
		return lines
	}
	for _, c := range []struct {
		name   string
		change func(*Stack)
		differ []string
	}{
		{"as it should be", func(*Stack) {}, nil},
		{"a property", func(s *Stack) { s.Resources["Work"].Properties["VisibilityTimeout"] = "30" },
			[]string{`Work (AWS::SQS::Queue.VisibilityTimeout): VisibilityTimeout: got "30", expected 60`}},
		{"a name inside", func(s *Stack) { s.Resources["WorkDead"].PhysicalID += "9" },
			[]string{`Work (AWS::SQS::Queue.RedrivePolicy): RedrivePolicy.deadLetterTargetArn: got "arn:aws:sqs:eu-west-1:210987654321:Shop-WorkDead-2", expected "arn:aws:sqs:eu-west-1:210987654321:Shop-WorkDead-29"`}},
		{"a status", func(s *Stack) { s.Resources["Key"].Status = "CREATE_FAILED" }, []string{`Key (AWS::KMS::Key): got AWS::KMS::Key "k" in status CREATE_FAILED`}},
		{"one more", func(s *Stack) { s.Resources["New"] = &Resource{Type: "AWS::SNS::Topic"} }, []string{"New (AWS::SNS::Topic): got one that is not in the template"}},
	} {
		s := deployed()
		c.change(s)
		got, err := Compare(t.Context(), clients, s, of)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(texts(got.Differ), c.differ) {
			t.Errorf("%s: got the differences %q, expected %q", c.name, texts(got.Differ), c.differ)
		}
		if left := texts(got.LeftOut); !slices.Equal(left, []string{"Topic (AWS::SNS::Topic): got none, expected one"}) {
			t.Errorf("%s: got what is left out %q, expected the topic", c.name, left)
		}
		if not := texts(got.NotRead); !slices.Equal(not, []string{"Key (AWS::KMS::Key): its properties are not read"}) {
			t.Errorf("%s: got what is not read %q, expected the key", c.name, not)
		}
	}
}

func TestChanged(t *testing.T) {
	after := deployed()
	if changed, replaced := Changed(deployed(), after); changed != nil || replaced != nil {
		t.Errorf("got the changed %q and the replaced %q of the same stack", changed, replaced)
	}
	after.Resources["Work"].Properties["VisibilityTimeout"] = "90"
	after.Resources["WorkDead"].PhysicalID = "another"
	delete(after.Resources, "Key")
	changed, replaced := Changed(deployed(), after)
	if !slices.Equal(changed, []string{"Key", "Work", "WorkDead"}) || !slices.Equal(replaced, []string{"WorkDead"}) {
		t.Errorf("got the changed %q and the replaced %q, expected Key, Work and WorkDead, and WorkDead", changed, replaced)
	}
}
