// Package test tests the sample app as a whole: its templates, and its runs on
// this machine.
package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
	"github.com/mapjob/mapjob/stacks"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

func TestInvoicingStack(t *testing.T) {
	stack := stacks.NewInvoicing(synthesis.App(t, nil), jsii.String("Invoicing"), nil)
	template := synthesis.Reviewed(t, "invoicing", stack)
	machine := template.Only(t, "AWS::StepFunctions::StateMachine")
	synthesis.Snapshot(t, "invoicing-definition", template.Definition(t, machine))
	delete(machine.Properties, "DefinitionString")
	synthesis.Snapshot(t, "invoicing-template", map[string]any{"Resources": template.Resources, "Outputs": template.Outputs})
}

func TestArchitectures(t *testing.T) {
	for _, name := range []string{stacks.EventHandler, stacks.QueueFanout, stacks.TrackedFanout} {
		t.Run(name, func(t *testing.T) {
			stack := stacks.New(synthesis.App(t, map[string]any{stacks.ArchitectureContext: name}))
			template := synthesis.Reviewed(t, name, stack)
			synthesis.Snapshot(t, name+"-template", map[string]any{"Resources": template.Resources, "Outputs": template.Outputs})
			if got := template.OfType("AWS::StepFunctions::StateMachine"); len(got) > 0 {
				t.Errorf("got the state machines %v, expected none", got)
			}
		})
	}
}

// Another policy permits logs and traces.
func TestFunctionsHaveOnlyThePermissionsTheyUse(t *testing.T) {
	for name, roles := range map[string]map[string]string{
		stacks.EventHandler: {"HandlerRole": "dynamodb:Query s3:PutObject sqs:SendMessage"},
		stacks.QueueFanout: {
			"ProducerRole": "dynamodb:Query sqs:SendMessage", // to send orders, and failed events
			"ConsumerRole": "s3:PutObject sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage",
		},
		stacks.TrackedFanout: {
			"ProducerRole": "dynamodb:Query dynamodb:UpdateItem sqs:SendMessage",
			"ConsumerRole": "dynamodb:UpdateItem s3:PutObject sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage sqs:SendMessage",
			"SummaryRole":  "dynamodb:GetItem dynamodb:UpdateItem sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage",
		},
	} {
		template := synthesis.Synthesize(t, stacks.New(synthesis.App(t, map[string]any{stacks.ArchitectureContext: name})))
		for role, expected := range roles {
			var actions []string
			for _, statement := range template.Statements(role) {
				actions = append(actions, action.FindAllString(statement, -1)...)
				if strings.Contains(statement, `"Resource":"*"`) {
					t.Errorf("%s: %s: got %s, expected named resources", name, role, statement)
				}
			}
			slices.Sort(actions)
			if got := strings.Join(slices.Compact(actions), " "); got != expected {
				t.Errorf("%s: %s: got the actions %s, expected %s", name, role, got, expected)
			}
		}
	}
}

// action matches an action of IAM in JSON, without its quotes.
var action = regexp.MustCompile(`\b(dynamodb|s3|sqs|sns|kms|lambda|states):[A-Z][A-Za-z*]+`)

func TestTheDefaultArchitectureIsTheJob(t *testing.T) {
	for _, context := range []map[string]any{nil, {stacks.ArchitectureContext: stacks.MapJob}} {
		if name := *stacks.New(synthesis.App(t, context)).StackName(); name != "Invoicing" {
			t.Errorf("%v: got the stack %s, expected Invoicing", context, name)
		}
	}
}

func TestUnknownArchitecturesAreRefused(t *testing.T) {
	for _, name := range []any{"", "queue", true} {
		message := synthesis.Panics(t, func() { stacks.New(synthesis.App(t, map[string]any{stacks.ArchitectureContext: name})) })
		expected := fmt.Sprintf("context architecture: got %q, expected event-handler, queue-fanout, tracked-fanout or map-job", fmt.Sprint(name))
		if message != expected {
			t.Errorf("got %q, expected %q", message, expected)
		}
	}
}

// The CDK CLI synthesizes the app with the library's validation, without a
// warning, and with the same result in another folder.
func TestSynthIsTheSameInEveryFolder(t *testing.T) {
	here := synth(t, ".")
	copied := t.TempDir()
	for _, name := range []string{"app.go", "cdk.json", "go.mod", "go.sum", "package.json", "stacks", "constructs", "internal", "job", "lambdas"} {
		if err := os.CopyFS(filepath.Join(copied, name), os.DirFS(name)); err != nil { // a file is no FS
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			os.Remove(filepath.Join(copied, name))
			if err := os.WriteFile(filepath.Join(copied, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	modules, err := filepath.Abs("node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(copied, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if there := synth(t, copied); here != there {
		t.Errorf("templates in two folders (-here +there):\n%s", cmp.Diff(here, there))
	}
}

// synth returns the template that `cdk synth` makes of the app in a folder.
func synth(t *testing.T, folder string) string {
	t.Helper()
	out := t.TempDir()
	cmd := exec.Command(filepath.Join("node_modules", ".bin", "cdk"), "synth", "--quiet", "--output", out)
	if folder != "." {
		cmd.Path = filepath.Join(folder, cmd.Path)
	}
	cmd.Dir = folder
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "CDK_VALIDATION=") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("cdk synth: %v\n%s", err, said)
	}
	for line := range strings.SplitSeq(string(said), "\n") {
		// A race in jsii's Close prints this now and then, after the work is done.
		line = strings.TrimSuffix(line, "Runtime process exited abnormally: waitid: no child processes")
		if line != "" && !strings.HasPrefix(line, "Bundling asset ") {
			t.Errorf("cdk synth: got the line %q, expected only what it bundles", line)
		}
	}
	text, err := os.ReadFile(filepath.Join(out, "Invoicing.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
