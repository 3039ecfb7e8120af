package gofunction

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/internal/gobuild"
)

// Types of metadata of the app's root construct, by which the functions of an app
// know of each other. They are not part of the assembly.
const (
	metadataWanted = "mapjob:wanted"
	metadataBuilt  = "mapjob:built"
	metadataFailed = "mapjob:failed"
)

// executable is what a function needs: a package for a processor.
type executable struct {
	Package      gobuild.Package
	Architecture string // as the go command calls it
}

// bundle gives a function its code when the app is synthesized. It waits until
// then because all functions of the app, which are only known then, are built
// together: that takes as long as building one of them.
type bundle struct {
	function   awslambda.Function
	executable executable
	path       string // of what was built
	err        error  // of TryBundle
}

func addBundle(function awslambda.Function, wanted executable) {
	b := &bundle{function: function, executable: wanted}
	if *awscdk.Stack_Of(function).BundlingRequired() {
		b.note(metadataWanted, wanted)
	}
	awscdk.Aspects_Of(function.Node().DefaultChild()).Add(b, nil)
}

// Visit implements awscdk.IAspect. Node.js calls it, and a panic would leave
// Node.js waiting for an answer: whatever fails here fails the validation of the
// app, which comes next.
func (b *bundle) Visit(constructs.IConstruct) {
	defer func() {
		if reason := recover(); reason != nil {
			b.fail(cmp.Or(b.err, fmt.Errorf("%v", reason)))
		}
	}()
	if b.function.Node().TryFindChild(jsii.String("Code")) != nil {
		return // the app is synthesized again
	}
	if *awscdk.Stack_Of(b.function).BundlingRequired() {
		if len(b.notes(metadataFailed)) > 0 {
			return
		}
		var err error
		if b.path, err = b.build(); err != nil {
			b.note(metadataFailed, err.Error())
			b.fail(err)
			return
		}
	}
	asset := awss3assets.NewAsset(b.function, jsii.String("Code"), &awss3assets.AssetProps{
		Path:          &b.executable.Package.Source,
		AssetHashType: awscdk.AssetHashType_OUTPUT,
		Bundling: &awscdk.BundlingOptions{
			Image:       awscdk.DockerImage_FromRegistry(jsii.String("unused")),
			Local:       b,
			Environment: &map[string]*string{"GOARCH": &b.executable.Architecture}, // tells the assets of one package apart
		},
	})
	function := b.function.Node().DefaultChild().(awslambda.CfnFunction)
	function.SetCode(&awslambda.CfnFunction_CodeProperty{S3Bucket: asset.S3BucketName(), S3Key: asset.S3ObjectKey()})
	asset.AddResourceMetadata(function, jsii.String("Code"))
}

// TryBundle implements awscdk.ILocalBundling. After an error, the folder is empty,
// and the CDK throws.
func (b *bundle) TryBundle(folder *string, _ *awscdk.BundlingOptions) *bool {
	b.err = gobuild.CopyWithoutID(b.path, filepath.Join(*folder, "bootstrap"))
	return jsii.Bool(true)
}

func (b *bundle) fail(err error) { b.function.Node().AddValidation(&failure{err}) }

// failure makes the synthesis fail with an error.
type failure struct{ err error }

// Validate implements constructs.IValidation.
func (f *failure) Validate() *[]*string { return &[]*string{jsii.String(f.err.Error())} }

// build returns the path of the function's executable. The first function that
// asks for its own builds those of all others too.
func (b *bundle) build() (string, error) {
	built := map[executable]string{}
	for _, text := range b.notes(metadataBuilt) {
		var one struct {
			executable
			Path string
		}
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			return "", err
		}
		built[one.executable] = one.Path
	}
	if path, ok := built[b.executable]; ok {
		return path, nil
	}
	wanted := map[string][]gobuild.Package{b.executable.Architecture: {b.executable.Package}}
	for _, text := range b.notes(metadataWanted) {
		var one executable
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			return "", err
		}
		if _, ok := built[one]; !ok {
			wanted[one.Architecture] = append(wanted[one.Architecture], one.Package)
		}
	}
	folder := filepath.Join(*awscdk.Stage_Of(b.function).AssetOutdir(), "functions")
	for architecture, packages := range wanted {
		paths, err := gobuild.Lambda(architecture).Build(context.Background(), packages, folder)
		if err != nil {
			return "", err
		}
		for p, path := range paths {
			one := executable{p, architecture}
			built[one] = path
			b.note(metadataBuilt, struct {
				executable
				Path string
			}{one, path})
		}
	}
	return built[b.executable], nil
}

func (b *bundle) note(kind string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	b.function.Node().Root().Node().AddMetadata(&kind, string(text), nil)
}

func (b *bundle) notes(kind string) (texts []string) {
	for _, entry := range *b.function.Node().Root().Node().Metadata() {
		if text, ok := entry.Data.(string); ok && *entry.Type == kind {
			texts = append(texts, text)
		}
	}
	return texts
}
