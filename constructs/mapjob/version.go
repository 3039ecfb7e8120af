package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// version returns what the definition invokes of a function: the function itself,
// or with PinVersions its version.
func (s *settings) version(function awslambda.IFunction) awslambda.IFunction {
	own, ok := function.(awslambda.Function)
	if !*s.PinVersions || !ok {
		return function
	}
	version := own.CurrentVersion()
	version.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN)
	return version
}

// validateVersions checks that the job can publish versions of the functions that it
// is given.
func (s *settings) validateVersions(found *refusal.Problems) {
	if !*s.PinVersions {
		return
	}
	given := map[string]awslambda.IFunction{"Worker": s.Worker, "JobStart": s.JobStart, "Summary": s.Summary}
	if s.Callback != nil {
		given["Callback.Worker"] = s.Callback.Worker
	}
	for _, prop := range []string{"Worker", "Callback.Worker", "JobStart", "Summary"} {
		function := given[prop]
		_, own := function.(awslambda.Function)
		_, version := function.(awslambda.IVersion)
		if function != nil && !own && !version {
			found.Add("PinVersions: got an imported function or an alias as %s, expected a function of this app or a version", prop)
		}
	}
}

// pinned returns the permissions to invoke earlier versions, which executions that
// run during a deployment, and redriven ones, still invoke.
func (j *mapJob) pinned() (permissions []permission) {
	if !*j.settings.PinVersions {
		return nil
	}
	for _, function := range []awslambda.IFunction{j.functions.jobStart, j.functions.rerun, j.functions.worker, j.functions.summary} {
		if own, ok := function.(awslambda.Function); ok {
			permissions = append(permissions, permission{statement: allow(jsii.String(*own.FunctionArn()+":*"), "lambda:InvokeFunction")})
		}
	}
	return permissions
}
