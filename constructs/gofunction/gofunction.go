package gofunction

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/limit"
	"github.com/mapjob/mapjob/constructs/internal/loggroup"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/constructs/internal/undelivered"
	"github.com/mapjob/mapjob/internal/gobuild"
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
	maxDescription           = 256  // characters
	maxEnvironment           = 4096 // bytes
)

// Props are the props of a Go function.
type Props struct {
	// Package is the import path of the function's main package: one of the
	// app's module, or of a module that it requires. It is built with the versions
	// of the app's go.mod, from every folder of the module.
	// Required, unless there is an Entry.
	Package *string

	// Entry is the folder of the function's main package, absolute or relative to
	// the app's working directory. It may be in another module, which is then
	// built with its own versions.
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

	// Settings are the network, the role, and other settings that the function has in
	// common with others.
	// Default: the function has its own props only.
	Settings *Settings

	// Network takes the place of that of the Settings.
	// Default: the network of the Settings.
	Network *Network

	// Role takes the place of that of the Settings.
	// Default: the role of the Settings.
	Role awsiam.IRole

	// Layers take the place of those of the Settings. An empty list is none.
	// Default: the layers of the Settings.
	Layers []awslambda.ILayerVersion

	// EphemeralStorageMB takes the place of that of the Settings.
	// Default: the size of the Settings.
	EphemeralStorageMB *float64

	// DeadLetterQueue takes the place of that of the Settings.
	// Default: the queue of the Settings.
	DeadLetterQueue awssqs.IQueue

	// ReservedConcurrency takes the place of that of the Settings.
	// Default: the reserved concurrency of the Settings.
	ReservedConcurrency *float64

	// LogRetention is how long the function's logs are kept.
	// Default: logs expire after a month.
	LogRetention awslogs.RetentionDays

	// RemovalPolicy is what happens to the function's logs when the function or the
	// stack is deleted: awscdk.RemovalPolicy_DESTROY, _RETAIN or
	// _RETAIN_ON_UPDATE_OR_DELETE.
	// Default: the logs are deleted.
	RemovalPolicy awscdk.RemovalPolicy

	// EncryptionKey encrypts the function's logs and environment. The policy of an
	// imported key must let CloudWatch Logs use it.
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
	local := limit.IsLocal(scope)
	architecture := props.Architecture
	if architecture == nil {
		architecture = awslambda.Architecture_ARM_64()
	}
	goarch := goArchitecture(architecture)
	target := gobuild.Lambda(goarch)
	if local {
		target = gobuild.Host()
	}
	main := props.mainPackage(target, &found)
	settings := props.settings()
	props.validate(settings, &found)
	found.Refuse(scope, id)

	this := constructs.NewConstruct(scope, id)
	logs := loggroup.New(this, jsii.String("Logs"), &loggroup.Props{
		Retention: props.LogRetention, RemovalPolicy: props.RemovalPolicy, EncryptionKey: props.EncryptionKey,
	})

	environment := map[string]*string{}
	if props.Environment != nil {
		maps.Copy(environment, *props.Environment)
	}
	timeout := props.Timeout
	if timeout == nil {
		timeout = awscdk.Duration_Seconds(jsii.Number(defaultTimeoutSeconds))
	}
	memory := props.MemoryMB
	if memory == nil {
		memory = jsii.Number(defaultMemoryMB)
	}

	functionProps := &awslambda.FunctionProps{
		Code:                         notBuilt(this),
		Handler:                      jsii.String("bootstrap"),
		Description:                  props.Description,
		Runtime:                      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:                 architecture,
		MemorySize:                   memory,
		Timeout:                      timeout,
		Environment:                  &environment,
		EnvironmentEncryption:        props.EncryptionKey,
		Role:                         settings.Role,
		LoggingFormat:                awslambda.LoggingFormat_JSON,
		LogGroup:                     logs,
		ReservedConcurrentExecutions: settings.ReservedConcurrency,
		DeadLetterQueue:              settings.DeadLetterQueue,
	}
	if n := settings.Network; n != nil {
		functionProps.Vpc, functionProps.VpcSubnets = n.VPC, n.Subnets
		if len(n.SecurityGroups) > 0 {
			functionProps.SecurityGroups = &n.SecurityGroups
		}
	}
	if len(settings.Layers) > 0 {
		functionProps.Layers = &settings.Layers
	}
	if size := settings.EphemeralStorageMB; size != nil {
		functionProps.EphemeralStorageSize = awscdk.Size_Mebibytes(size)
	}
	var policy awsiam.Policy // of a given role
	if settings.Role == nil {
		functionProps.Role = settings.newRole(this, logs)
	} else {
		policy = settings.extendRole(this, logs)
		limit.RolePolicies(this)
	}
	function := awslambda.NewFunction(this, jsii.String("Function"), functionProps)
	if policy != nil {
		function.Node().AddDependency(policy) // Lambda checks that the role may use the network
	}
	if settings.DeadLetterQueue != nil {
		undelivered.LetSend(function, settings.DeadLetterQueue)
	}
	if local {
		function.Node().DefaultChild().(awslambda.CfnFunction).AddMetadata(jsii.String(protocol.PackageMetadata), main)
	} else {
		addBundle(function, executable{main, goarch})
	}
	trace(function)
	if props.EncryptionKey != nil {
		props.EncryptionKey.GrantDecrypt(function) // of the environment, when it starts
	}
	return function
}

// goArchitecture returns what the go command calls a processor.
func goArchitecture(architecture awslambda.Architecture) string {
	if *architecture.Name() == "x86_64" {
		return "amd64"
	}
	return *architecture.Name()
}

// notBuilt returns the code of a function that is not built yet. It is replaced
// when the app is synthesized, or by `mapjob run`.
func notBuilt(scope constructs.Construct) awslambda.Code {
	bucket := awss3.Bucket_FromBucketName(scope, jsii.String("NotBuilt"), jsii.String("not-built"))
	return awslambda.Code_FromBucket(bucket, jsii.String("not-built"), jsii.String("not-built"))
}

// mainPackage returns the function's main package, from the go command.
func (p *Props) mainPackage(target gobuild.Target, found *refusal.Problems) gobuild.Package {
	var main gobuild.Package
	var err error
	prop, got, expected := "Package", "", "the import path of a main package of this module or of one that it requires"
	switch entry := p.Entry != nil && *p.Entry != ""; {
	case entry && p.Package != nil:
		found.Add("Package: got %q with the Entry %q, expected one of them", *p.Package, *p.Entry)
	case p.Package != nil:
		got = *p.Package
		main, err = target.FindImportPath(got)
	case entry:
		prop, got, expected = "Entry", *p.Entry, "the folder of a main package"
		main, err = target.FindFolder(got)
	default:
		found.Add("Package, Entry: got neither, expected one: where the function's main package is")
	}
	var notMain *gobuild.NotMainError
	switch {
	case errors.As(err, &notMain):
		found.Add("%s: got %q, which is package %s, expected package main", prop, got, notMain.Name)
	case err != nil:
		found.Add("%s: got %q, expected %s: %w", prop, got, expected, err)
	}
	return main
}

func (p *Props) validate(settings *Settings, found *refusal.Problems) {
	found.Whole("MemoryMB", p.MemoryMB, minMemoryMB, maxMemoryMB)
	found.Duration("Timeout", p.Timeout, 1, maxTimeoutSeconds)
	found.AddAll("", settings.Validate())
	found.RemovalPolicy("RemovalPolicy", p.RemovalPolicy)
	found.Text("Description", p.Description, maxDescription)
	if p.Environment != nil {
		validateEnvironment(*p.Environment, found)
	}
}

// Variables that Lambda sets itself, or takes from no configuration (Lambda developer
// guide, "Defined runtime environment variables").
var reserved = []string{"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
	"AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT"}

// variableName matches the names of variables that Lambda takes.
var variableName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]+$`)

func validateEnvironment(environment map[string]*string, found *refusal.Problems) {
	size := 0
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		switch {
		case strings.HasPrefix(name, "AWS_LAMBDA_") || slices.Contains(reserved, name):
			found.Add("Environment: got %s, which Lambda reserves; expected another name", name)
		case !variableName.MatchString(name):
			found.Add("Environment: got the name %q, expected a letter and then letters, digits and underscores, two characters at least", name)
		}
		size += len(name)
		if value := environment[name]; value != nil && !*awscdk.Token_IsUnresolved(*value) {
			size += len(*value)
		}
	}
	if size > maxEnvironment {
		found.Add("Environment: got names and values of %d bytes, expected at most %d: store more in S3 or Parameter Store", size, maxEnvironment)
	}
}
