package mapjob

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// warn adds a warning to the synthesis. It does not use AddWarningV2, whose
// arguments differ between releases of the CDK.
func (j *mapJob) warn(format string, args ...any) {
	awscdk.Annotations_Of(j).AddWarning(jsii.String(fmt.Sprintf(format, args...)))
}

// warnConcurrency warns if the Map invokes the worker more often at once than its
// reserved concurrency allows.
func (j *mapJob) warnConcurrency() {
	reserved := reservedOf(j.functions.worker)
	given := j.settings.mode.maxConcurrency
	if reserved == nil || *awscdk.Token_IsUnresolved(*reserved) || *awscdk.Token_IsUnresolved(*given) {
		return
	}
	atOnce := *given
	if size := j.settings.mode.batchSize; j.settings.itemByItem() && size != nil && !*awscdk.Token_IsUnresolved(*size) {
		atOnce *= min(*size, maxInlineConcurrency)
	}
	if atOnce > *reserved {
		j.warn("Mode.MaxConcurrency: got %.0f, which is up to %.0f workers at once, expected at most the worker's reserved concurrency of %.0f: Lambda throttles the others, and retries cost time and state transitions",
			*given, atOnce, *reserved)
	}
}

// reservedOf returns the reserved concurrency of a function, or of the function that
// an alias or a version is of. It returns nil if there is none or it is not known.
func reservedOf(function awslambda.IFunction) *float64 {
	switch f := function.(type) {
	case awslambda.IAlias:
		return reservedOf(f.Version())
	case awslambda.IVersion:
		return reservedOf(f.Lambda())
	case awslambda.Function:
		if resource, ok := f.Node().DefaultChild().(awslambda.CfnFunction); ok {
			return resource.ReservedConcurrentExecutions()
		}
	}
	return nil
}
