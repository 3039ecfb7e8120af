package gofunction

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdklambdagoalpha/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/loggroup"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Defaults.
const (
	defaultMemoryMB       = 256
	defaultTimeoutSeconds = 60
)

// Limits of AWS Lambda ("Lambda quotas", function configuration).
const (
	minMemoryMB, maxMemoryMB = 128, 10240
	maxTimeoutSeconds        = 900
	maxConcurrency           = 100_000 // more than accounts are given
)

// Props are the props of a Go function.
type Props struct {
	// Package is the import path of the function's main package: one of the
	// app's module, or of a module that it requires. A package of another module
	// is built with the versions that its own go.mod asks for.
	// Required, unless there is an Entry.
	Package *string

	// Entry is the folder of the function's main package, absolute or relative to
	// the app's working directory.
	// Required, unless there is a Package.
	Entry *string

	// Description is the description of the function.
	// Default: no description.
	Description *string

	// MemoryMB is the function's memory in megabytes, 128 to 10,240. Processor
	// time grows with it: 1,769 MB are one full core.
	// Default: 256 MB.
	MemoryMB *float64

	// Timeout is the longest that one invocation may take, up to 15 minutes.
	// Default: one minute.
	Timeout awscdk.Duration

	// Environment has the variables of the function's environment.
	// Default: only the variables that Lambda sets.
	Environment *map[string]*string

	// Architecture is the processor that the function runs on.
	// Default: arm64, which costs a fifth less than x86_64.
	Architecture awslambda.Architecture

	// ReservedConcurrency is how many invocations of the function run at once, at
	// most. The account's concurrency is reduced by that number.
	// Default: the function shares the account's unreserved concurrency.
	ReservedConcurrency *float64

	// LogRetention is how long the function's logs are kept.
	// Default: logs expire after a month.
	LogRetention awslogs.RetentionDays

	// EncryptionKey encrypts the function's logs and environment. The policy of an
	// imported key has to let CloudWatch Logs use it.
	// Default: keys of CloudWatch Logs and of Lambda encrypt them.
	EncryptionKey awskms.IKey
}

// New creates a Lambda function from a Go package. It panics with every problem of
// the props at once, before it creates anything.
func New(scope constructs.Construct, id *string, props *Props) awslambda.Function {
	if props == nil {
		props = &Props{}
	}
	var found refusal.Problems
	entry := props.entry(&found)
	props.validate(&found)
	found.Refuse(scope, id)

	this := constructs.NewConstruct(scope, id)
	logs := loggroup.New(this, jsii.String("Logs"), &loggroup.Props{Retention: props.LogRetention, EncryptionKey: props.EncryptionKey})

	environment := map[string]*string{}
	if props.Environment != nil {
		maps.Copy(environment, *props.Environment)
	}
	architecture := props.Architecture
	if architecture == nil {
		architecture = awslambda.Architecture_ARM_64()
	}
	timeout := props.Timeout
	if timeout == nil {
		timeout = awscdk.Duration_Seconds(jsii.Number(defaultTimeoutSeconds))
	}
	memory := props.MemoryMB
	if memory == nil {
		memory = jsii.Number(defaultMemoryMB)
	}

	function := awscdklambdagoalpha.NewGoFunction(this, jsii.String("Function"), &awscdklambdagoalpha.GoFunctionProps{
		Entry:                        &entry,
		Description:                  props.Description,
		Runtime:                      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:                 architecture,
		MemorySize:                   memory,
		Timeout:                      timeout,
		Environment:                  &environment,
		EnvironmentEncryption:        props.EncryptionKey,
		Role:                         newRole(this, logs),
		LoggingFormat:                awslambda.LoggingFormat_JSON,
		LogGroup:                     logs,
		ReservedConcurrentExecutions: props.ReservedConcurrency,
		Bundling:                     bundling(isLocal(this)),
	})
	trace(function)
	if props.EncryptionKey != nil {
		props.EncryptionKey.GrantDecrypt(function) // of the environment, when it starts
	}
	// The flags are constants, so that nothing can be injected.
	awscdk.Annotations_Of(this).AcknowledgeWarning(
		jsii.String("@aws-cdk/aws-lambda-go-alpha:goBuildFlagsSecurityWarning"),
		jsii.String("the build flags are constants of package gofunction"))
	return function
}

// isLocal reports whether the app is synthesized for this machine.
func isLocal(scope constructs.Construct) bool {
	local := scope.Node().TryGetContext(jsii.String(protocol.LocalContext))
	return local == true || local == "true"
}

// bundling returns how the binary is built. For Lambda it overrides this machine's
// Go settings, so that the asset does not depend on where it was built. For this
// machine it keeps them, so that the build cache has the standard library.
func bundling(local bool) *awscdklambdagoalpha.BundlingOptions {
	flags := []*string{jsii.String("-buildvcs=false"), jsii.String("-tags=lambda.norpc"), jsii.String(`-ldflags="-s -w -buildid="`)}
	environment := map[string]*string{}
	if local {
		environment["GOOS"] = jsii.String(runtime.GOOS)
		environment["GOARCH"] = jsii.String(runtime.GOARCH)
		if cgo, err := exec.Command("go", "env", "CGO_ENABLED").Output(); err == nil {
			environment["CGO_ENABLED"] = jsii.String(strings.TrimSpace(string(cgo)))
		}
	} else {
		flags = append(flags, jsii.String("-trimpath"))
		environment["GOFLAGS"] = jsii.String("")
		environment["GOEXPERIMENT"] = jsii.String("")
		environment["GOAMD64"] = jsii.String("v1")
		environment["GOARM64"] = jsii.String("v8.0")
	}
	return &awscdklambdagoalpha.BundlingOptions{GoBuildFlags: &flags, Environment: &environment}
}

// entry returns the folder of the function's main package.
func (p *Props) entry(found *refusal.Problems) string {
	switch {
	case p.Entry != nil && *p.Entry != "" && p.Package != nil:
		found.Add("Package: got %q with the Entry %q, expected one of them", *p.Package, *p.Entry)
		return ""
	case p.Package != nil:
		return packageFolder(*p.Package, found)
	case p.Entry == nil || *p.Entry == "":
		found.Add("Package, Entry: got neither, expected one: where the function's main package is")
		return ""
	}
	if goFiles, _ := filepath.Glob(filepath.Join(*p.Entry, "*.go")); len(goFiles) == 0 {
		directory, _ := os.Getwd()
		found.Add("Entry: got %q, expected a folder with Go files (looked from %s)", *p.Entry, directory)
	}
	return *p.Entry
}

// packageFolder returns the folder of a package, from the go command.
func packageFolder(importPath string, found *refusal.Problems) string {
	list := exec.Command("go", "list", "-find", "-f", "{{.Name}} {{.Dir}}", "--", importPath)
	var problem strings.Builder
	list.Stderr = &problem
	out, err := list.Output()
	if err != nil {
		found.Add("Package: got %q, expected the import path of a package of this module or of one that it requires: %w\n%s",
			importPath, err, strings.TrimSpace(problem.String()))
		return ""
	}
	name, folder, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if name != "main" {
		found.Add("Package: got %q, which is package %s, expected package main", importPath, name)
	}
	return folder
}

func (p *Props) validate(found *refusal.Problems) {
	found.Whole("MemoryMB", p.MemoryMB, minMemoryMB, maxMemoryMB)
	found.Duration("Timeout", p.Timeout, 1, maxTimeoutSeconds)
	found.Whole("ReservedConcurrency", p.ReservedConcurrency, 0, maxConcurrency)
	if p.Environment != nil {
		for name := range *p.Environment {
			if strings.HasPrefix(name, "AWS_LAMBDA_") || name == "_HANDLER" {
				found.Add("Environment: got %s, which Lambda reserves; expected another name", name)
			}
		}
	}
}
