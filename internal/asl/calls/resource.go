package calls

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/asl/services"
)

// CheckResource reports an integration that does not exist, or that does not support
// the pattern.
func CheckResource(f fields.Object, r services.Resource) {
	checkExists(f, r)
	checkPattern(f, r)
}

// checkExists reports an integration that does not exist.
func checkExists(f fields.Object, r services.Resource) {
	if !r.Integration() || services.Exists(r.Service, r.Action) {
		return
	}
	actions := services.Actions(r.Service)
	sdk := strings.HasPrefix(r.Service, "aws-sdk:")
	switch {
	case sdk && actions == nil:
		unrecognized(f, r, "got the service %s, expected %s: SDK integrations have no upper-case letters in the names of services", r.Service, strings.ToLower(r.Service))
	case sdk:
		unrecognized(f, r, "got the action %s, which %s does not have, expected %s", r.Action, r.Service, fields.Others(r.Action, actions))
	default:
		expected := "a service of " + strings.Join(services.Names(), ", ")
		if actions != nil {
			expected = fields.Alternatives(actions)
		}
		unrecognized(f, r, "got the integration %s:%s, which is not optimized, expected %s, or an SDK integration such as arn:aws:states:::aws-sdk:dynamodb:query", r.Service, r.Action, expected)
	}
}

// unrecognized reports a resource that AWS does not have.
func unrecognized(f fields.Object, r services.Resource, format string, args ...any) {
	const known = "The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region."
	f.Document.Known(f.At("Resource"), fields.SchemaText(fmt.Sprintf(known, r.ARN), f.At("Resource")), format, args...)
}

// checkPattern reports a pattern that the service does not support.
func checkPattern(f fields.Object, r services.Resource) {
	switch r.Pattern {
	case services.RunJob, services.RunJob2:
		if services.RunsJobs(r.Service, r.Pattern == services.RunJob2) {
			return
		}
	case services.WaitForTaskToken:
		if services.TakesTokens(r.Service) {
			return
		}
	default:
		return
	}
	unrecognized(f, r, "got %q, expected %s: the service does not support %s", r.ARN, r.Name(), r.Pattern)
}
