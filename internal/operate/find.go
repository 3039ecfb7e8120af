package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/smithy-go"
	"github.com/mapjob/mapjob/internal/statesarn"
)

// Find returns the ARN of the state machine of a job: of one that is named by its
// ARN, by its name, or by the beginning of its name if no other name begins so.
func (s *Service) Find(ctx context.Context, job string) (string, error) {
	if strings.HasPrefix(job, "arn:") {
		if statesarn.Name(job) == "" {
			return "", fmt.Errorf("job: got %s, expected the ARN or the name of a state machine", job)
		}
		return job, nil
	}
	var names, arns []string
	pages := sfn.NewListStateMachinesPaginator(s.API, &sfn.ListStateMachinesInput{MaxResults: 1000})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", s.explain(err, "*")
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
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", fmt.Errorf("job %s: got %d state machines whose names begin so, expected one: %s", job, len(found), some(begin))
	case len(names) == 0:
		return "", fmt.Errorf("job %s: region %s has no state machines in this account: is it deployed there, and with these credentials?", job, s.Region)
	}
	slices.Sort(names)
	return "", fmt.Errorf("job %s: no state machine in region %s has this name, expected one of: %s", job, s.Region, some(names))
}

// some returns the first elements of a list.
func some(list []string) string {
	const most = 10
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}

// Stacks lists the resources of stacks. A [cloudformation.Client] does.
type Stacks interface {
	ListStackResources(context.Context, *cloudformation.ListStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackResourcesOutput, error)
}

// FindInStack returns the ARN of the only state machine of a stack and the stacks that
// are nested in it, or of the only one that a job names: by its ARN or name, its logical
// ID, or the beginning of one of them.
func (s *Service) FindInStack(ctx context.Context, stack, job string) (string, error) {
	machines, err := s.machinesOf(ctx, stack)
	if err != nil {
		return "", err
	}
	return Choose(stack, job, machines)
}

// Machine is a state machine of a stack.
type Machine struct {
	ARN string
	ID  string // logical ID; "" if it is not known
}

// Choose returns the ARN of the only state machine of a stack, or of the only one that
// a job names, as [Service.FindInStack] does.
func Choose(stack, job string, machines []Machine) (string, error) {
	var found, names []string
	for _, m := range machines {
		name := statesarn.Name(m.ARN)
		if job == m.ARN || job == name || job != "" && job == m.ID {
			return m.ARN, nil
		}
		names = append(names, name)
		if strings.HasPrefix(name, job) || strings.HasPrefix(m.ID, job) {
			found = append(found, m.ARN)
		}
	}
	slices.Sort(names)
	switch {
	case len(machines) == 0:
		return "", fmt.Errorf("--stack: stack %s has no state machine, expected that of a job", stack)
	case len(found) == 1:
		return found[0], nil
	case job == "":
		return "", fmt.Errorf("--job: got none, expected one of the %d state machines of stack %s: %s", len(machines), stack, some(names))
	default:
		return "", fmt.Errorf("--job: got %s, which names %d state machines of stack %s, expected one of: %s", job, len(found), stack, some(names))
	}
}

// machinesOf returns the state machines of a stack, with those of nested stacks.
func (s *Service) machinesOf(ctx context.Context, stack string) ([]Machine, error) {
	var machines []Machine
	pages := cloudformation.NewListStackResourcesPaginator(s.Stacks, &cloudformation.ListStackResourcesInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.explainStack(err, stack)
		}
		for _, r := range page.StackResourceSummaries {
			if r.ResourceStatus == types.ResourceStatusDeleteComplete || r.PhysicalResourceId == nil {
				continue
			}
			switch aws.ToString(r.ResourceType) {
			case "AWS::StepFunctions::StateMachine":
				machines = append(machines, Machine{ARN: *r.PhysicalResourceId, ID: aws.ToString(r.LogicalResourceId)})
			case "AWS::CloudFormation::Stack":
				nested, err := s.machinesOf(ctx, *r.PhysicalResourceId)
				if err != nil {
					return nil, err
				}
				machines = append(machines, nested...)
			}
		}
	}
	return machines, nil
}

// explainStack says what to do about an error of CloudFormation.
func (s *Service) explainStack(err error, stack string) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist") {
		return fmt.Errorf("--stack: stack %s does not exist in region %s of this account: check --region and --profile", stack, s.Region)
	}
	return s.explain(err, "stack "+stack)
}
