package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/awserror"
	"github.com/mapjob/mapjob/internal/cli/runs"
	"github.com/mapjob/mapjob/internal/pages"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/typed"
)

// inStack returns the ARN of the only state machine of a stack and the stacks that
// are nested in it, or of the only one that a job names: by its ARN or name, its logical
// ID, or the beginning of one of them.
func (s *Session) inStack(ctx context.Context, stack, job string) (string, error) {
	machines, err := s.machinesOf(ctx, stack)
	if err != nil {
		return "", err
	}
	return choose(stack, job, machines)
}

// machine is a state machine of a stack.
type machine struct {
	arn string
	id  string // logical ID; "" if it is not known
}

// choose returns the ARN of the only state machine of a stack, or of the only one that
// a job names, as [Session.inStack] does.
func choose(stack, job string, machines []machine) (string, error) {
	var found, names []string
	for _, m := range machines {
		name := statesarn.Name(m.arn)
		if job == m.arn || job == name || job != "" && job == m.id {
			return m.arn, nil
		}
		names = append(names, name)
		if strings.HasPrefix(name, job) || strings.HasPrefix(m.id, job) {
			found = append(found, m.arn)
		}
	}
	slices.Sort(names)
	switch {
	case len(machines) == 0:
		return "", fmt.Errorf("--stack: stack %s has no state machine, expected that of a job", stack)
	case len(found) == 1:
		return found[0], nil
	case job == "":
		return "", fmt.Errorf("--job: got none, expected one of the %d state machines of stack %s: %s", len(machines), stack, strings.Join(names, ", "))
	default:
		return "", fmt.Errorf("--job: got %s, which names %d state machines of stack %s, expected one of: %s", job, len(found), stack, strings.Join(names, ", "))
	}
}

// machinesOf returns the state machines of a stack, with those of nested stacks.
func (s *Session) machinesOf(ctx context.Context, stack string) ([]machine, error) {
	var machines []machine
	all := cloudformation.NewListStackResourcesPaginator(s.stacks, &cloudformation.ListStackResourcesInput{StackName: &stack})
	for page, err := range pages.Of(ctx, all, func(p *cloudformation.ListStackResourcesOutput) *string { return p.NextToken }) {
		if err != nil {
			return nil, s.explainStack(err, stack)
		}
		for _, r := range page.StackResourceSummaries {
			if r.ResourceStatus == types.ResourceStatusDeleteComplete || r.PhysicalResourceId == nil {
				continue
			}
			switch aws.ToString(r.ResourceType) {
			case "AWS::StepFunctions::StateMachine":
				machines = append(machines, machine{arn: *r.PhysicalResourceId, id: aws.ToString(r.LogicalResourceId)})
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
func (s *Session) explainStack(err error, stack string) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist") {
		return fmt.Errorf("--stack: stack %s does not exist in region %s of this account: check --region and --profile", stack, s.Region)
	}
	return awserror.Explain(err, s.Region, "stack "+stack)
}

// ranOf returns the ARN of the only state machine that has executions in the runs of a
// stack, or of the only one of them that a job names.
func (s *Session) ranOf(stack, job string) (string, error) {
	folders, err := runs.All()
	if err != nil {
		return "", err
	}
	var of, others []string
	for _, folder := range folders {
		start, err := runs.ReadStart(folder)
		if err != nil {
			continue // it did not begin
		}
		if start.StackName == stack || start.Stack == stack {
			of = append(of, folder)
		} else if start.StackName != "" && !slices.Contains(others, start.StackName) {
			others = append(others, start.StackName)
		}
	}
	switch {
	case len(of) == 0 && len(others) == 0:
		return "", fmt.Errorf("--stack: got %s, but no run of this folder says of which stack it is: start one with %s", stack, typed.Command("run"))
	case len(of) == 0:
		slices.Sort(others)
		return "", fmt.Errorf("--stack: got %s, of which this folder has no run, expected one of: %s", stack, strings.Join(others, ", "))
	}
	machines, err := ranIn(of)
	if err != nil {
		return "", err
	}
	return choose(stack, job, machines)
}

// ranIn returns the state machines that have executions in the folders of runs.
func ranIn(folders []string) (machines []machine, err error) {
	executions, err := archive.Open(folders...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, executions.Close()) }()
	all, err := executions.Executions()
	for i := range all {
		m := machine{arn: all[i].StateMachineARN}
		if !slices.Contains(machines, m) {
			machines = append(machines, m)
		}
	}
	return machines, err
}
