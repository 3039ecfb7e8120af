package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/test/deploy/arrived"
)

// leftOut says what moto leaves out, and fails if that is not what is known of it.
func (c *check) leftOut() error {
	if !c.account.Moto {
		c.say("nothing")
		return nil
	}
	if missing := c.found.missing(); len(missing) > 0 {
		return errors.New(strings.Join(missing, "\n"))
	}
	computed := slices.Sorted(maps.Keys(c.found.leftOut))
	said, err := c.moto.LeftOut()
	if err != nil {
		return err
	}
	if !slices.Equal(said, computed) {
		return fmt.Errorf("moto said that it leaves out %q, and the stacks lack %q", said, computed)
	}
	for _, list := range []struct {
		title   string
		reasons map[string]string
	}{{"NOT CHECKED, moto leaves these types out", leftOut}, {"NOT CHECKED, moto drops these properties", lost}, {"checked by status only", notRead}} {
		c.say("%s:", list.title)
		for _, of := range slices.Sorted(maps.Keys(list.reasons)) {
			c.say("  %s: %s", of, list.reasons[of])
		}
	}
	return nil
}

// again expects that neither a new synthesis nor a second deployment changes anything.
func (c *check) again(ctx context.Context, a *app) error {
	if out, err := c.diff(ctx, a); err != nil {
		return fmt.Errorf("%w: expected no difference", err)
	} else if !strings.Contains(out, "There were no differences") {
		return fmt.Errorf("cdk diff: got %q, expected that there were no differences", out)
	}
	out, err := c.redeploy(ctx, a)
	if err != nil {
		return err
	}
	if !strings.Contains(out, "(no changes)") {
		return fmt.Errorf("cdk deploy: got %q, expected that it says: no changes", out)
	}
	return c.unchanged(ctx, a, "CREATE_COMPLETE")
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

// change tolerates more failures and invoices more orders at once: it changes the state
// machine and the worker's code.
func (c *check) change(ctx context.Context, a *app) error {
	err := errors.Join(
		c.project.Replace(stackFile, "ToleratedFailurePercentage: jsii.Number(10),", "ToleratedFailurePercentage: jsii.Number(20),"),
		c.project.Replace(workerFile, "job.Concurrency(8)", "job.Concurrency(16)"))
	if err != nil {
		return err
	}
	if out, err := c.diff(ctx, a); err == nil {
		return fmt.Errorf("cdk diff: got %q, expected differences", out)
	}
	before := c.states[a.name]
	if _, err := c.deploy(ctx, a); err != nil {
		return err
	}
	if err := c.arrived(ctx, a, "UPDATE_COMPLETE"); err != nil {
		return err
	}
	expected := []string{"InvoicingStateMachine025427B4", "WorkerFunctionAF8A26AF"}
	changed, replaced := arrived.Changed(before, c.states[a.name])
	if !slices.Equal(changed, expected) || len(replaced) > 0 {
		return fmt.Errorf("got the changed resources %q, replaced %q, expected %q and none", changed, replaced, expected)
	}
	c.say("changed %s, and nothing else; all physical IDs are kept", strings.Join(changed, " and "))
	return nil
}

// broken deploys a change that can't be deployed: the worker gets other memory, then
// something is to invoke a function that does not exist.
func (c *check) broken(ctx context.Context, a *app) error {
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
	out, err := c.deploy(ctx, a)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil || strings.Contains(err.Error(), "go: ") {
		return fmt.Errorf("got error %w and output %q, expected that CloudFormation refuses the stack", err, out)
	}
	if err := c.unchanged(ctx, a, "UPDATE_ROLLBACK_COMPLETE"); err != nil {
		return err
	}
	// The next good deployment.
	if err := c.project.Restore(c.root, stackFile); err != nil {
		return err
	}
	if err := c.project.Replace(stackFile, "ToleratedFailurePercentage: jsii.Number(10),", "ToleratedFailurePercentage: jsii.Number(20),"); err != nil {
		return err
	}
	before := c.states[a.name]
	if _, err := c.deploy(ctx, a); err != nil {
		return err
	}
	s, err := arrived.Read(ctx, c.clients, a.stack)
	if err != nil {
		return err
	}
	if changed, _ := arrived.Changed(before, s); len(changed) > 0 {
		return fmt.Errorf("got the changed resources %q after the broken change was taken back, expected none", changed)
	}
	c.say("the deployment after it gives the stack that was there before")
	return nil
}

// destroy deletes a stack, expects that nothing stays but what is meant to, and deletes
// that, too.
func (c *check) destroy(ctx context.Context, a *app) error {
	s := c.states[a.name]
	if _, err := c.cdk(ctx, a, "destroy", "--force", "--app", c.assembly(a)); err != nil {
		return err
	}
	if exists, err := arrived.Exists(ctx, c.clients, a.stack); err != nil || exists {
		return fmt.Errorf("got stack %s (error %w), expected none", a.stack, err)
	}
	if err := c.stays(ctx, a, s, a.stays); err != nil {
		return err
	}
	c.say("stays: %s", strings.Join(a.stays, ", "))
	for _, id := range a.stays {
		if err := arrived.Delete(ctx, c.clients, s.Resources[id]); err != nil {
			return fmt.Errorf("deleting %s, which stays: %w", id, err)
		}
	}
	return c.stays(ctx, a, s, nil)
}

// stays expects the resources of a deleted stack that are still there. AWS takes a
// minute until a deleted queue can't be seen.
func (c *check) stays(ctx context.Context, a *app, s *arrived.Stack, expected []string) error {
	for waited := time.Duration(0); ; waited += 10 * time.Second {
		left, err := arrived.Left(ctx, c.clients, s)
		if err != nil || slices.Equal(left, slices.Sorted(slices.Values(expected))) {
			return err
		}
		if c.account.Moto || waited > 3*time.Minute {
			return fmt.Errorf("%s: got what stays %q, expected %q", a.name, left, expected)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Second):
		}
	}
}
