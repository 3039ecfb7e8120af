package sfntest

import (
	"testing"

	"github.com/mapjob/mapjob/internal/simulation/deployment"
)

// Stack is what a test deploys: the state machines of a template, and its
// functions, tables, buckets, queues and topics; or a single state machine. It
// does not change, so tests may share it and run in parallel.
type Stack struct{ parsed *deployment.Stack }

// Parse returns the stack of a text: a template, such as the JSON of the CDK's
// assertions.Template, or a definition in Amazon States Language. Both may be JSON
// or YAML. It fails the test if the text is neither, with all problems.
func Parse(t testing.TB, text []byte) *Stack {
	t.Helper()
	s, err := deployment.Parse(text)
	if err != nil {
		t.Fatalf("sfntest.Parse: %v", err)
	}
	return &Stack{s}
}

// Open is Parse for a file, or for the only stack in a cloud assembly (the folder
// cdk.out). A stack of several is named after a colon: cdk.out:Shop.
func Open(t testing.TB, path string) *Stack {
	t.Helper()
	s, err := deployment.Open(path)
	if err != nil {
		t.Fatalf("sfntest.Open: %v", err)
	}
	return &Stack{s}
}
