// Package gofunction is a Lambda function written in Go, with the defaults
// that a production function wants: the provided.al2023 runtime on arm64, a
// small and reproducible binary, active tracing, a log group of its own that
// expires, an explicit memory size and timeout, and a role of its own that may
// write to that log group, trace, and do nothing else before it is granted more.
//
// The binary is built without cgo, stripped, with trimmed paths and without
// build identifiers, so the same sources give the same asset hash in every
// directory and on every machine.
package gofunction

import (
	"errors"
	"fmt"
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
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/loggroup"
)

// LocalContext is the context value that makes every GoFunction of an app
// build for the machine at hand instead of for Lambda: `mapjob run` sets it to
// start the functions right here. An assembly made with it is not for deploying.
const LocalContext = "mapjob:local"

// What applies where a prop is not set.
const (
	DefaultMemoryMB       = 256
	DefaultTimeoutSeconds = 60
)

// Limits of AWS Lambda ("Lambda quotas", function configuration).
const (
	minMemoryMB, maxMemoryMB = 128, 10240
	maxTimeoutSeconds        = 900
	maxConcurrency           = 100_000 // more than accounts are given
)

// Props of a Go function.
type Props struct {
	// Entry is the folder of the function's main package, absolute or
	// relative to the app's working directory.
	// Required, or Package.
	Entry *string

	// Package is the import path of the function's main package, where it is
	// one of a module that the app requires. It is built with the versions
	// that its own module asks for.
	// Default: Entry says where the package is.
	Package *string

	// Description is shown in the Lambda console.
	// Default: no description.
	Description *string

	// MemoryMB is the function's memory in megabytes, and with it its share
	// of processor time: 1,769 MB are one full core.
	// Default: the function gets 256 MB.
	MemoryMB *float64

	// Timeout is the longest that one invocation may take.
	// Default: an invocation is stopped after one minute.
	Timeout awscdk.Duration

	// Environment is what the function finds in its environment.
	// Default: nothing but what Lambda itself sets.
	Environment *map[string]*string

	// Architecture is the processor that the function runs on.
	// Default: the function runs on arm64, a fifth cheaper than x86_64.
	Architecture awslambda.Architecture

	// ReservedConcurrency keeps this many of the account's concurrent
	// executions for the function and lets it have no more.
	// Default: the function shares the account's unreserved concurrency.
	ReservedConcurrency *float64

	// LogRetention is how long its logs are kept.
	// Default: logs expire after a month.
	LogRetention awslogs.RetentionDays

	// EncryptionKey encrypts its logs and its environment. The policy of an
	// imported key has to let CloudWatch Logs use it.
	// Default: keys of CloudWatch Logs and of Lambda encrypt them.
	EncryptionKey awskms.IKey
}

// New is a Lambda function built from the Go package in props.Entry. It panics
// with every problem of the props at once, before it creates anything.
func New(scope constructs.Construct, id *string, props *Props) awslambda.Function {
	if props == nil {
		props = &Props{}
	}
	var found refusal.Problems
	entry, err := props.entry()
	if err != nil {
		found.Add("%w", err)
	}
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
		timeout = awscdk.Duration_Seconds(jsii.Number(DefaultTimeoutSeconds))
	}
	memory := props.MemoryMB
	if memory == nil {
		memory = jsii.Number(DefaultMemoryMB)
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
	// The flags above are constants: there is nothing in them to be injected.
	awscdk.Annotations_Of(this).AcknowledgeWarning(
		jsii.String("@aws-cdk/aws-lambda-go-alpha:goBuildFlagsSecurityWarning"),
		jsii.String("the build flags are constants of package gofunction"))
	return function
}

func isLocal(scope constructs.Construct) bool {
	local := scope.Node().TryGetContext(jsii.String(LocalContext))
	return local == true || local == "true"
}

// bundling is how the binary is built. For Lambda nothing of this machine's
// own Go settings takes part, or the asset would depend on where it was made.
// For this machine they do: what other builds have compiled already, the
// standard library first of all, is not compiled again.
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

// entry is the folder of the function's main package.
func (p *Props) entry() (string, error) {
	switch {
	case p.Entry != nil && *p.Entry != "" && p.Package != nil:
		return "", fmt.Errorf("Package: got %q beside the Entry %q, expected one of them", *p.Package, *p.Entry)
	case p.Package != nil:
		return packageFolder(*p.Package)
	case p.Entry == nil || *p.Entry == "":
		return "", errors.New("Entry: got nothing, expected the folder of the function's main package")
	}
	if goFiles, _ := filepath.Glob(filepath.Join(*p.Entry, "*.go")); len(goFiles) == 0 {
		directory, _ := os.Getwd()
		return "", fmt.Errorf("Entry: got %q, expected a folder with Go files (looked from %s)", *p.Entry, directory)
	}
	return *p.Entry, nil
}

// packageFolder is where the go command has the sources of a package.
func packageFolder(importPath string) (string, error) {
	list := exec.Command("go", "list", "-find", "-f", "{{.Name}} {{.Dir}}", "--", importPath)
	var problem strings.Builder
	list.Stderr = &problem
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("Package: got %q, expected the import path of a package of this module or of one that it requires: %w\n%s",
			importPath, err, strings.TrimSpace(problem.String()))
	}
	name, folder, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if name != "main" {
		return "", fmt.Errorf("Package: got %q, which is package %s, expected package main", importPath, name)
	}
	return folder, nil
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
