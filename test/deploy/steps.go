package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/test/deploy/arrived"
)

// same expects that a new synthesis is no different from what is deployed.
func (c *check) same(ctx context.Context, a *app) error {
	if out, err := c.diff(ctx, a); err != nil {
		return fmt.Errorf("%w: expected no difference", err)
	} else if !strings.Contains(out, "There were no differences") {
		return fmt.Errorf("cdk diff: got %q, expected that there were no differences", out)
	}
	return nil
}

// again expects that a second deployment has nothing to do.
func (c *check) again(ctx context.Context, a *app) error {
	out, err := c.cdk(ctx, a, "deploy", "--require-approval", "never", "--app", c.assembly(a))
	if err != nil {
		return err
	}
	if !strings.Contains(out, "(no changes)") {
		return fmt.Errorf("cdk deploy: got %q, expected that it says: no changes", out)
	}
	return nil
}

// unchanged expects a stack to be what it was.
func (c *check) unchanged(ctx context.Context, a *app, status string) error {
	s, err := arrived.Read(ctx, c.clients, a.stack)
	if err != nil {
		return err
	}
	if changed, _ := arrived.Changed(c.states[a.name], s); len(changed) > 0 || s.Status != status {
		return fmt.Errorf("got stack %s in status %s with the changed resources %q, expected %s and none", a.stack, s.Status, changed, status)
	}
	return nil
}

// The files of the sample that change.
const (
	stackFile  = "stacks/invoicing.go"
	workerFile = "lambdas/worker/main.go"
)

// edit tolerates more failures and invoices more orders at once: it changes the state
// machine and the worker's code. The CDK must see that.
func (c *check) edit(ctx context.Context, a *app) error {
	if !c.edited {
		err := errors.Join(
			c.project.Replace(stackFile, "ToleratedFailurePercentage: jsii.Number(10),", "ToleratedFailurePercentage: jsii.Number(20),"),
			c.project.Replace(workerFile, "job.Concurrency(8)", "job.Concurrency(16)"))
		if err != nil {
			return err
		}
		c.edited = true
	}
	out, err := c.diff(ctx, a)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil || !strings.Contains(out, "Number of stacks with differences: 1") {
		return fmt.Errorf("cdk diff: got %q and error %w, expected differences", out, err)
	}
	return nil
}

// onlyEdited expects that the edited resources differ from an earlier state of a stack,
// and nothing else, and that all have their physical IDs.
func (c *check) onlyEdited(ctx context.Context, a *app) error {
	s, err := arrived.Read(ctx, c.clients, a.stack)
	if err != nil {
		return err
	}
	expected := []string{"InvoicingStateMachine025427B4", "WorkerFunctionAF8A26AF"}
	changed, replaced := arrived.Changed(c.before, s)
	if !slices.Equal(changed, expected) || len(replaced) > 0 {
		return fmt.Errorf("got the changed resources %q, replaced %q, expected %q and none", changed, replaced, expected)
	}
	c.say("changed %s, and nothing else; all physical IDs are kept", strings.Join(changed, " and "))
	return nil
}

// breaks synthesizes a change that can't be deployed: the worker gets other memory, then
// something is to invoke a function that does not exist.
func (c *check) breaks(ctx context.Context, a *app) error {
	err := errors.Join(
		c.project.Replace(stackFile, `		Entry:       jsii.String("lambdas/worker"),`, `		MemoryMB:    jsii.Number(512),
		Entry:       jsii.String("lambdas/worker"),`),
		c.project.Replace(stackFile, `	shop.grantWriteInvoices(worker)
`, `	shop.grantWriteInvoices(worker)
	awslambda.NewCfnEventSourceMapping(stack, jsii.String("Broken"), &awslambda.CfnEventSourceMappingProps{
		FunctionName:   jsii.String("there-is-no-such-function"),
		EventSourceArn: stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("sqs"), Resource: jsii.String("there-is-no-such-queue")}),
	}).Node().AddDependency(worker)
`),
		c.project.Replace(stackFile, `	"github.com/aws/aws-cdk-go/awscdk/v2"
`, `	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
`))
	if err != nil {
		return err
	}
	_, err = c.cdk(ctx, a, a.args("synth", "--quiet", "--output", c.assembly(a)+"-broken")...)
	return err
}

// refused expects that CloudFormation refuses the broken change.
func (c *check) refused(ctx context.Context, a *app) error {
	out, err := c.cdk(ctx, a, "deploy", "--require-approval", "never", "--app", c.assembly(a)+"-broken")
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil || !strings.Contains(out, "Broken") {
		return fmt.Errorf("cdk deploy: got %q and error %w, expected that CloudFormation refuses the resource Broken", out, err)
	}
	return nil
}

// restored expects the stack as it was before the broken change.
func (c *check) restored(ctx context.Context, a *app) error {
	s, err := arrived.Read(ctx, c.clients, a.stack)
	if err != nil {
		return err
	}
	if changed, _ := arrived.Changed(c.states[a.name], s); len(changed) > 0 {
		return fmt.Errorf("got the changed resources %q after the broken change was taken back, expected none", changed)
	}
	return nil
}

// destroy deletes a stack.
func (c *check) destroy(ctx context.Context, a *app) error {
	if _, err := c.cdk(ctx, a, "destroy", "--force", "--app", c.assembly(a)); err != nil {
		return err
	}
	if exists, err := arrived.Exists(ctx, c.clients, a.stack); err != nil || exists {
		return fmt.Errorf("got stack %s (error %w), expected none", a.stack, err)
	}
	return nil
}

// empty deletes what stays when a stack is deleted.
func (c *check) empty(ctx context.Context, a *app) error {
	for _, id := range a.stays {
		if err := arrived.Delete(ctx, c.clients, c.states[a.name].Resources[id]); err != nil {
			return fmt.Errorf("deleting %s, which stays: %w", id, err)
		}
	}
	return nil
}

// stays expects the resources of a deleted stack that are still there. AWS takes a
// minute until a deleted queue can't be seen.
func (c *check) stays(ctx context.Context, a *app, expected []string) error {
	for waited := time.Duration(0); ; waited += c.pause {
		left, err := arrived.Left(ctx, c.clients, c.states[a.name])
		if err != nil || slices.Equal(left, slices.Sorted(slices.Values(expected))) {
			return err
		}
		if waited >= c.patience {
			return fmt.Errorf("%s: got what stays %q, expected %q", a.name, left, expected)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(c.pause):
		}
	}
}
