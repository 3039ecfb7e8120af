package docs

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/docs/page"
	"github.com/mapjob/mapjob/test/docs/region"
	"github.com/mapjob/mapjob/test/docs/snippet"
)

// languages are those of blocks, each with what tests it.
var languages = map[string]string{
	"console": "TestCommands", "go": "TestGo", "javascript": "TestRegions", "json": "TestData", "mermaid": "TestMermaid", "python": "TestRegions",
	"sh": "TestCommands", "text": "TestCommands", "yaml": "TestData",
}

// instructions are those that stand in comments before blocks.
var instructions = []string{"account", "background", "code", "exit", "file", "let", "output", "run", "sandbox", "schema", "tested"}

// blockOf is a block with the instructions before it.
type blockOf struct {
	page.Step
	at     string
	before map[string]string
}

// blocks returns the blocks of a page.
func blocks(p *page.Page) (list []blockOf) {
	before := map[string]string{}
	for _, step := range p.Steps {
		if !step.Block {
			before[step.Name] = step.Text
			continue
		}
		list = append(list, blockOf{Step: step, at: p.At(step.Line), before: before})
		before = map[string]string{}
	}
	return list
}

// Each block has a language that a test reads, and each instruction is one.
func TestBlocksHaveAClass(t *testing.T) {
	counts := map[string]int{}
	for _, p := range pages(t) {
		for _, step := range p.Steps {
			switch {
			case step.Block && step.Indented && p.Path == "docs/job.md":
				counts["indented"]++
			case step.Block && step.Indented:
				t.Errorf("%s: got an indented block, expected a fence with a language", p.At(step.Line))
			case step.Block && languages[step.Language] == "":
				t.Errorf("%s: got a block of %q, expected one of %q", p.At(step.Line), step.Language, slices.Sorted(maps.Keys(languages)))
			case step.Block:
				counts[step.Language]++
			case step.Text != "" && !slices.Contains(instructions, step.Name):
				t.Errorf("%s: got the instruction %s, expected one of %q", p.At(step.Line), step.Name, instructions)
			}
		}
	}
	for _, language := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%3d blocks of %-8s %s", counts[language], language, languages[language])
	}
	if counts["go"] < 10 || counts["sh"] < 10 {
		t.Errorf("got the blocks %v, expected those of all pages", counts)
	}
}

// What a page shows of a file is in the file.
func TestRegions(t *testing.T) {
	count := 0
	for _, p := range pages(t) {
		for _, b := range blocks(p) {
			from, named := b.before["code"]
			if !named {
				if b.Language == "python" || b.Language == "javascript" {
					t.Errorf("%s: got code in %s without its file, expected a comment code: FILE before it", b.at, b.Language)
				}
				continue
			}
			count++
			file, name, _ := strings.Cut(from, "#")
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
			if err != nil {
				t.Errorf("%s: %v", b.at, err)
				continue
			}
			shown, err := region.Of(file, text, name)
			if err != nil {
				t.Errorf("%s: %v", b.at, err)
				continue
			}
			if region.Equal(b.Text, shown) {
				continue
			}
			if os.Getenv("UPDATE_DOCS") == "true" && !strings.Contains(b.Text, "…") {
				rewrite(t, p.Path, b, shown)
				continue
			}
			t.Errorf("%s: got\n%s\nexpected what is in %s:\n%s\nUPDATE_DOCS=true writes it", b.at, b.Text, from, shown)
		}
	}
	if count == 0 {
		t.Error("got no code with its file")
	}
}

// rewrite replaces the text of a block.
func rewrite(t *testing.T, path string, b blockOf, text string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(path))
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	old := "<!-- code: " + b.before["code"] + " -->\n```" + b.Language + "\n" + b.Text
	if !bytes.Contains(source, []byte(old)) {
		t.Errorf("%s: the block was not written: got none directly below its comment", b.at)
		return
	}
	source = bytes.Replace(source, []byte(old), []byte(strings.TrimSuffix(old, b.Text)+text), 1)
	if err := os.WriteFile(file, source, 0o644); err != nil {
		t.Fatal(err)
	}
}

// packages are those whose names code of pages may use without importing them.
var packages = []string{
	"context", "encoding/json", "errors", "fmt", "log/slog", "net/http", "os", "strings", "sync", "testing", "testing/synctest", "time",
	"github.com/aws/aws-lambda-go/events", "github.com/aws/aws-lambda-go/lambda",
	"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/config", "github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue",
	"github.com/aws/aws-sdk-go-v2/service/dynamodb", "github.com/aws/aws-sdk-go-v2/service/s3", "github.com/aws/aws-sdk-go-v2/service/sfn",
	"github.com/aws/aws-sdk-go-v2/service/sqs",
	"github.com/aws/aws-cdk-go/awscdk/v2", "github.com/aws/aws-cdk-go/awscdk/v2/assertions", "github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb",
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2", "github.com/aws/aws-cdk-go/awscdk/v2/awsevents", "github.com/aws/aws-cdk-go/awscdk/v2/awsiam",
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms", "github.com/aws/aws-cdk-go/awscdk/v2/awslambda", "github.com/aws/aws-cdk-go/awscdk/v2/awslogs",
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3", "github.com/aws/aws-cdk-go/awscdk/v2/awssns", "github.com/aws/aws-cdk-go/awscdk/v2/awssqs",
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions", "github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks",
	"github.com/aws/constructs-go/constructs/v10", "github.com/aws/jsii-runtime-go",
	"./constructs/eventhandler", "./constructs/gofunction", "./constructs/joblock", "./constructs/mapjob", "./constructs/observe",
	"./constructs/queuefanout", "./constructs/trigger", "./job", "./job/callback", "./job/fanout", "./job/jobtest", "./job/report",
	"./sfntest", "./sfntest/jobcheck",
}

// Code that is not shown of a file compiles.
func TestGo(t *testing.T) {
	ambient, err := os.ReadFile("testdata/ambient.go")
	if err != nil {
		t.Fatal(err)
	}
	checker, err := snippet.New(root, ambient, packages)
	if err != nil {
		t.Fatal(err)
	}
	checked, shown := 0, 0
	for _, p := range pages(t) {
		var scope snippet.Scope
		for _, b := range blocks(p) {
			if b.Language != "go" {
				continue
			}
			if _, named := b.before["code"]; named {
				shown++
				continue
			}
			checked++
			if strings.Contains(b.Text, "…") {
				t.Errorf("%s: got … in code without a file, expected code that compiles", b.at)
				continue
			}
			if err := checker.Check(&scope, b.Text); err != nil {
				t.Errorf("%s: line of the block, and problem:\n%v", b.at, err)
			}
		}
	}
	t.Logf("%d blocks were compiled, %d are parts of files", checked, shown)
	if checked == 0 {
		t.Error("got no code to compile")
	}
}

// Drawings have a type that Mermaid knows. That they are drawn is tested in a browser.
func TestMermaid(t *testing.T) {
	count := 0
	for _, p := range pages(t) {
		for _, b := range blocks(p) {
			if b.Language != "mermaid" {
				continue
			}
			count++
			first, _, _ := strings.Cut(strings.TrimSpace(b.Text), "\n")
			kind, _, _ := strings.Cut(strings.TrimSpace(first), " ")
			if !slices.Contains([]string{"flowchart", "sequenceDiagram", "stateDiagram-v2"}, kind) {
				t.Errorf("%s: got a drawing of type %q", b.at, kind)
			}
		}
	}
	if count == 0 {
		t.Error("got no drawing")
	}
}
