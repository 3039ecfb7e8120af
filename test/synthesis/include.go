package synthesis

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/cloudformationinclude"
	"github.com/aws/jsii-runtime-go"
)

// NagTemplates lets cdk-nag look at templates that were synthesized without it: it
// includes each in a stack. It returns what cdk-nag has found by the files of the
// templates. Acceptances are in the metadata of resources, where cdk-nag finds them.
func NagTemplates(files []string) (found map[string][]Finding, failed error) {
	folder, err := os.MkdirTemp("", "mapjob-synthesis")
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil { // an error of the CDK
			failed = fmt.Errorf("cdk-nag: %v", p)
		}
		failed = errors.Join(failed, os.RemoveAll(folder))
	}()
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir:  &folder,
		Context: &map[string]any{"@aws-cdk/core:annotationsInValidationReport": false}, // a finding must not end the synthesis
	})
	stacks := map[string]awscdk.Stack{}
	for i, file := range files {
		stack := awscdk.NewStack(app, jsii.String(fmt.Sprintf("Stack%d", i)), &awscdk.StackProps{
			Synthesizer: awscdk.NewLegacyStackSynthesizer(), // others add a parameter that templates have
		})
		cloudformationinclude.NewCfnInclude(stack, jsii.String("Template"), &cloudformationinclude.CfnIncludeProps{TemplateFile: &file})
		AddNag(stack)
		stacks[file] = stack
	}
	app.Synth(nil)

	found = map[string][]Finding{}
	for file, stack := range stacks {
		if found[file], err = nagReport(stack); err == nil {
			err = nameResources(file, found[file])
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// nameResources gives the resources of a template the paths that they have in their app.
// Included, they are called by their logical IDs.
func nameResources(file string, findings []Finding) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var written struct {
		Resources map[string]struct{ Metadata map[string]any }
	}
	if err := json.Unmarshal(text, &written); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for i, f := range findings {
		id := path.Base(f.ResourceID)
		if of, ok := written.Resources[id].Metadata["aws:cdk:path"].(string); ok {
			id = of
		}
		findings[i].ResourceID = id
	}
	return nil
}
