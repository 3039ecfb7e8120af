// Package synthesis synthesizes constructs and stacks in tests.
package synthesis

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/gkampitakis/go-snaps/snaps"
	"github.com/mapjob/mapjob/test/moduleroot"
)

// Main is the TestMain of a package that uses the CDK. It changes to the module's
// root, where an app runs, and stops jsii at the end.
//
// Tests must not be parallel: calls to jsii from several goroutines corrupt
// each other.
func Main(m *testing.M) {
	root, err := moduleroot.Find()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// jsii starts Node.js before any code of ours runs, with the environment of
	// that moment: to change it, the process starts once more.
	const validation = "CDK_VALIDATION"
	if os.Getenv(validation) == "" {
		os.Setenv(validation, "false") // seconds for each synth; one end-to-end test leaves it on
		os.Setenv("PATH", filepath.Join(root, "node_modules", ".bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
		again := exec.Command(os.Args[0], os.Args[1:]...)
		again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
		if err := again.Run(); err != nil && again.ProcessState == nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		jsii.Close()
		os.Exit(again.ProcessState.ExitCode())
	}
	packageFolder, err := os.Getwd()
	if err == nil {
		err = os.Chdir(root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	snapshotFolder = filepath.Join(packageFolder, "testdata")
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

var snapshotFolder string

// Stack returns a stack of a new app. Functions are not built: their assets have the
// sources.
func Stack(t *testing.T) awscdk.Stack {
	t.Helper()
	return awscdk.NewStack(App(t, nil), jsii.String("Test"), nil)
}

// App returns an app with the context of cdk.json and that of the test, in a folder
// that is removed after the test.
func App(t *testing.T, context map[string]any) awscdk.App {
	t.Helper()
	var project struct{ Context map[string]any }
	text, err := os.ReadFile("cdk.json")
	if err == nil {
		err = json.Unmarshal(text, &project)
	}
	if err != nil {
		t.Fatal(err)
	}
	project.Context["aws:cdk:bundling-stacks"] = []string{}
	project.Context["@aws-cdk/core:annotationsInValidationReport"] = false // a finding must not end the synthesis
	maps.Copy(project.Context, context)
	return awscdk.NewApp(&awscdk.AppProps{
		Outdir:             jsii.String(t.TempDir()),
		Context:            &project.Context,
		AnalyticsReporting: jsii.Bool(false),
	})
}

// Template is a synthesized template.
type Template struct {
	Resources  map[string]Resource
	Parameters map[string]any
	Outputs    map[string]any
	Conditions map[string]any
	Rules      map[string]any
}

// Resource is a resource of a template.
type Resource struct {
	Type       string
	Properties map[string]any
	DependsOn  any
	Metadata   map[string]any

	DeletionPolicy, UpdateReplacePolicy string
}

// Synthesize returns the template of a stack.
func Synthesize(t *testing.T, stack awscdk.Stack) *Template {
	t.Helper()
	assembly := awscdk.App_Of(stack).Synth(nil)
	text, err := json.Marshal(assembly.GetStackByName(stack.StackName()).Template())
	if err != nil {
		t.Fatal(err)
	}
	var template Template
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	return &template
}

// OfType lists the resources of a type by logical ID.
func (t *Template) OfType(kind string) map[string]Resource {
	found := map[string]Resource{}
	for id, r := range t.Resources {
		if r.Type == kind {
			found[id] = r
		}
	}
	return found
}

// OmitTrust removes the trust policies of roles, if the CDK writes them: they are not
// the same in all its versions.
func (t *Template) OmitTrust() {
	for _, role := range t.OfType("AWS::IAM::Role") {
		delete(role.Properties, "AssumeRolePolicyDocument")
	}
}

// Only returns the only resource of a type.
func (t *Template) Only(tb testing.TB, kind string) Resource {
	tb.Helper()
	found := t.OfType(kind)
	if len(found) != 1 {
		tb.Fatalf("got %d resources of type %s, expected one", len(found), kind)
	}
	for _, r := range found {
		return r
	}
	panic("unreachable")
}

// Definition returns the definition of a state machine in the template, with names
// such as ${Worker.Arn} in place of the values that CloudFormation inserts.
func (t *Template) Definition(tb testing.TB, machine Resource) map[string]any {
	tb.Helper()
	var definition map[string]any
	if err := json.Unmarshal([]byte(t.DefinitionText(tb, machine)), &definition); err != nil {
		tb.Fatal(err)
	}
	return definition
}

// DefinitionText returns the text of Definition.
func (t *Template) DefinitionText(tb testing.TB, machine Resource) string {
	tb.Helper()
	join, _ := machine.Properties["DefinitionString"].(map[string]any)["Fn::Join"].([]any)
	if len(join) != 2 {
		tb.Fatalf("got DefinitionString %v, expected an Fn::Join", machine.Properties["DefinitionString"])
	}
	var text strings.Builder
	for _, part := range join[1].([]any) {
		switch part := part.(type) {
		case string:
			text.WriteString(part)
		case map[string]any:
			if ref, ok := part["Ref"].(string); ok {
				text.WriteString("${" + readable(ref) + "}")
			} else if attribute, ok := part["Fn::GetAtt"].([]any); ok {
				fmt.Fprintf(&text, "${%s.%s}", readable(attribute[0].(string)), attribute[1])
			} else {
				tb.Fatalf("got %v in the definition, expected Ref or Fn::GetAtt", part)
			}
		}
	}
	return text.String()
}

var hash = regexp.MustCompile(`[0-9A-F]{8}$`)

// readable returns a logical ID without its hash.
func readable(id string) string { return hash.ReplaceAllString(id, "") }

// Statements lists the IAM statements of the roles whose logical ID begins
// with prefix, each as compact JSON.
func (t *Template) Statements(prefix string) []string {
	var list []string
	for id, r := range t.OfType("AWS::IAM::Policy") {
		if !strings.HasPrefix(id, prefix) {
			continue
		}
		statements, _ := r.Properties["PolicyDocument"].(map[string]any)["Statement"].([]any)
		for _, s := range statements {
			text, _ := json.Marshal(s)
			list = append(list, string(text))
		}
	}
	return list
}

var asset = regexp.MustCompile(`[0-9a-f]{64}`)

// Snapshot compares a value's JSON with testdata/NAME.snap.json. Asset hashes,
// which change with every change of a source file, are replaced.
func Snapshot(t *testing.T, name string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	snaps.WithConfig(snaps.Dir(snapshotFolder), snaps.Filename(name), snaps.Ext(".json")).
		MatchStandaloneJSON(t, asset.ReplaceAll(text, []byte("ASSET")))
}

// Panics returns the message with which f panics. If f does not, the test fails.
func Panics(t *testing.T, f func()) (message string) {
	t.Helper()
	defer func() {
		p := recover()
		if p == nil {
			t.Fatal("got no panic, expected one")
		}
		message = fmt.Sprint(p)
	}()
	f()
	return ""
}
