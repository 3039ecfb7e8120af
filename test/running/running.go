// Package running runs the stacks of tests on this machine as mapjob run does:
// it synthesizes them, builds their functions and executes their state machines.
package running

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/test/synthesis"
)

// Stack is a stack, named Test, that runs.
type Stack struct {
	*stack.Stack
	Template synthesis.Template
	folder   string
}

// Start synthesizes the stack that build fills, builds its functions and runs it
// until the test ends. Edits change the template before that. If the test fails,
// it prints the logs of the functions.
func Start(t *testing.T, build func(awscdk.Stack), edits ...func(template map[string]any)) *Stack {
	t.Helper()
	app := synthesis.App(t, map[string]any{"mapjob:local": true, "aws:cdk:bundling-stacks": []string{"**"}, "aws:cdk:enable-path-metadata": true})
	parent := awscdk.NewStack(app, jsii.String("Test"), nil)
	build(parent)
	app.Synth(nil)

	s := &Stack{}
	file := filepath.Join(*app.Outdir(), "Test.template.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(edits) > 0 {
		text = edited(t, text, edits)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := json.Unmarshal(text, &s.Template); err != nil {
		t.Fatal(err)
	}
	assembly, err := template.Read(*app.Outdir())
	if err != nil {
		t.Fatal(err)
	}
	synthesized, err := assembly.Stack("")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	s.folder = folder
	if s.Stack, err = stack.Start(context.Background(), synthesized, stack.Options{Folder: folder}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if logs, _ := filepath.Glob(filepath.Join(folder, "logs", "*")); t.Failed() {
			for _, log := range logs {
				text, _ := os.ReadFile(log)
				t.Logf("%s:\n%.4000s", filepath.Base(log), text)
			}
		}
	})
	return s
}

// edited returns a template's text after edits.
func edited(t *testing.T, text []byte, edits []func(map[string]any)) []byte {
	t.Helper()
	var parsed map[string]any
	if err := json.Unmarshal(text, &parsed); err != nil {
		t.Fatal(err)
	}
	for _, edit := range edits {
		edit(parsed)
	}
	text, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Execute runs a state machine to its end.
func (s *Stack) Execute(t testing.TB, name string, x stack.Execution) *engine.Execution {
	t.Helper()
	m, err := s.Machine(name)
	if err != nil {
		t.Fatal(err)
	}
	ended, err := s.Stack.Execute(context.Background(), m, x)
	if err != nil {
		t.Fatal(err)
	}
	return ended
}

// Endpoint returns where a part listens, such as S3 or SFN.
func (s *Stack) Endpoint(t testing.TB, service string) string {
	t.Helper()
	for _, variable := range s.Endpoints() {
		if url, ok := strings.CutPrefix(variable, "AWS_ENDPOINT_URL_"+service+"="); ok {
			return url
		}
	}
	t.Fatalf("got endpoints %v, expected one of %s", s.Endpoints(), service)
	return ""
}

// Client returns the configuration of a client of a part.
func (s *Stack) Client(t testing.TB, service string) aws.Config {
	t.Helper()
	url := s.Endpoint(t, service)
	return aws.Config{Region: template.Region, BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}
}

// Bucket returns the physical name of a bucket by the name of its construct.
func (s *Stack) Bucket(t testing.TB, construct string) string {
	t.Helper()
	for _, b := range s.Buckets() {
		if b.ID == construct {
			return b.Name
		}
	}
	t.Fatalf("got buckets %v, expected %s among them", s.Buckets(), construct)
	return ""
}

// S3 returns a client of the stack's S3.
func (s *Stack) S3(t testing.TB) *s3.Client {
	t.Helper()
	return s3.NewFromConfig(s.Client(t, "S3"), func(o *s3.Options) { o.UsePathStyle = true })
}

// Put stores an object.
func (s *Stack) Put(t testing.TB, bucket, key string, text []byte) {
	t.Helper()
	if _, err := s.S3(t).PutObject(context.Background(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(text)}); err != nil {
		t.Fatal(err)
	}
}

// Object returns the text of an object.
func (s *Stack) Object(t testing.TB, bucket, key string) string {
	t.Helper()
	var text bytes.Buffer
	if err := s.Read(context.Background(), bucket, key, &text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// Messages returns the texts that tasks have published, in their order.
func (s *Stack) Messages(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.folder, "messages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var messages []string
	for line := range strings.Lines(string(text)) {
		var sent struct{ Parameters struct{ Message string } }
		if err := json.Unmarshal([]byte(line), &sent); err != nil {
			t.Fatal(err)
		}
		messages = append(messages, sent.Parameters.Message)
	}
	return messages
}
