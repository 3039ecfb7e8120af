package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// resources counts what a template creates.
type resources struct{ all, functions, statements int }

// countResources counts the resources of a template, without the CDK's metadata.
func countResources(template []byte) (sum resources, err error) {
	var t struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				PolicyDocument policy                            // of a policy
				Policies       []struct{ PolicyDocument policy } // of a role
			}
		}
	}
	if err := json.Unmarshal(template, &t); err != nil {
		return sum, fmt.Errorf("reading the template: %w", err)
	}
	for _, r := range t.Resources {
		switch r.Type {
		case "AWS::CDK::Metadata":
			continue
		case "AWS::Lambda::Function":
			sum.functions++
		case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy":
			sum.statements += len(r.Properties.PolicyDocument.Statement)
		case "AWS::IAM::Role":
			for _, p := range r.Properties.Policies {
				sum.statements += len(p.PolicyDocument.Statement)
			}
		}
		sum.all++
	}
	return sum, nil
}

type policy struct{ Statement []json.RawMessage }

// synthesize returns the template of an architecture. It runs the app as the CDK
// CLI does, but does not build the functions.
func synthesize(root, architecture string) ([]byte, error) {
	var project struct {
		App     string
		Context map[string]any
	}
	text, err := os.ReadFile(filepath.Join(root, "cdk.json"))
	if err == nil {
		err = json.Unmarshal(text, &project)
	}
	if err != nil {
		return nil, err
	}
	project.Context["architecture"] = architecture
	project.Context["aws:cdk:bundling-stacks"] = []string{}
	context, err := json.Marshal(project.Context)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "owned")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)

	app := exec.Command("sh", "-c", project.App)
	app.Dir = root
	app.Env = append(os.Environ(), "CDK_OUTDIR="+folder, "CDK_CONTEXT_JSON="+string(context), "CDK_VALIDATION=false",
		"PATH="+filepath.Join(root, "node_modules", ".bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	if said, err := app.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("synthesizing with %q: %w\n%s", project.App, err, said)
	}
	templates, err := filepath.Glob(filepath.Join(folder, "*.template.json"))
	if err != nil || len(templates) != 1 {
		return nil, errors.Join(err, fmt.Errorf("got the templates %v, expected one", templates))
	}
	return os.ReadFile(templates[0])
}
