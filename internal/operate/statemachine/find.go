// Package statemachine finds the state machine of a job.
package statemachine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/awserror"
	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/pages"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/typed"
)

// Find returns the ARN of the state machine of a job: of one that is named by its
// ARN, by its name, or by the beginning of its name if no other name begins so. The region is
// "local" on this machine.
func Find(ctx context.Context, api sfn.ListStateMachinesAPIClient, region, job string) (string, error) {
	if strings.HasPrefix(job, "arn:") {
		if statesarn.Name(job) == "" {
			return "", fmt.Errorf("job: got %s, expected the ARN or the name of a state machine", job)
		}
		return job, nil
	}
	var names, arns []string
	all := sfn.NewListStateMachinesPaginator(api, &sfn.ListStateMachinesInput{MaxResults: 1000})
	for page, err := range pages.Of(ctx, all, func(p *sfn.ListStateMachinesOutput) *string { return p.NextToken }) {
		if err != nil {
			return "", awserror.Explain(err, region, "*")
		}
		for _, m := range page.StateMachines {
			if aws.ToString(m.Name) == job {
				return aws.ToString(m.StateMachineArn), nil
			}
			names, arns = append(names, aws.ToString(m.Name)), append(arns, aws.ToString(m.StateMachineArn))
		}
	}
	var found, begin []string
	for i, name := range names {
		if strings.HasPrefix(name, job) {
			found, begin = append(found, arns[i]), append(begin, name)
		}
	}
	slices.Sort(begin)
	slices.Sort(names)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", fmt.Errorf("job %s: got %d state machines whose names begin so, expected one: %s", job, len(found), number.Some(begin))
	case region == "local" && len(names) > 0:
		return "", fmt.Errorf("job %s: no run of this folder has a state machine with this name, expected one of: %s", job, number.Some(names))
	case region == "local":
		return "", fmt.Errorf("job %s: no run of this folder has an execution: start one with %s", job, typed.Command("run"))
	case len(names) == 0:
		return "", fmt.Errorf("job %s: region %s has no state machines in this account: is it deployed there, and with these credentials?", job, region)
	}
	return "", fmt.Errorf("job %s: no state machine in region %s has this name, expected one of: %s", job, region, number.Some(names))
}
