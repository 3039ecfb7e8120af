package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/test/deploy/arrived"
)

// announce says what is created in an account of AWS, and what that costs.
func (c *check) announce(apps []*app) {
	var stacks []string
	for _, a := range apps {
		stacks = append(stacks, a.stack)
	}
	fmt.Fprintf(c.out, `account %s, region %s
creates the stacks %s, and CDKToolkit if it is not there; runs a job of %d items
should cost a few cents, which is not verified: 4 KMS keys at $1 a month by the hour, 26 alarms at $0.10 a month, a dashboard at $3 a month, and requests
deletes all of it at the end, but CDKToolkit; keys stay pending deletion, which costs nothing

`, c.account.ID, c.account.Region, strings.Join(stacks, ", "), orders)
}

// none refuses if a stack is there: it would be changed and deleted.
func (c *check) none(ctx context.Context, apps []*app) error {
	for _, a := range apps {
		exists, err := arrived.Exists(ctx, c.clients, a.stack)
		if err != nil {
			return err
		}
		if exists {
			return fmt.Errorf("got a stack %s in account %s, region %s, expected none: this check would change and delete it. Use another region or account, or delete it first: nothing was created", a.stack, c.account.ID, c.account.Region)
		}
	}
	return nil
}

// remains says what is left after a failure, and how to delete it.
func (c *check) remains(ctx context.Context, apps []*app) {
	var lines []string
	for _, a := range apps {
		left, err := c.leftOf(ctx, a)
		if err != nil {
			left = append(left, fmt.Sprintf("what is left of %s is not known: %v", a.stack, err))
		}
		lines = append(lines, left...)
	}
	if len(lines) == 0 {
		fmt.Fprintf(c.out, "\nnothing is left in account %s, region %s, but CDKToolkit, if it was created\n", c.account.ID, c.account.Region)
		return
	}
	fmt.Fprintf(c.out, "\nto delete what is left in account %s, region %s:\n    %s\n", c.account.ID, c.account.Region, strings.Join(lines, "\n    "))
}

// leftOf returns the commands that delete the stack of an app, and what stays then.
func (c *check) leftOf(ctx context.Context, a *app) (commands []string, err error) {
	exists, err := arrived.Exists(ctx, c.clients, a.stack)
	if err != nil {
		return nil, err
	}
	s := c.states[a.name]
	if exists {
		commands = append(commands,
			fmt.Sprintf("aws cloudformation delete-stack --region %s --stack-name %s", c.account.Region, a.stack),
			fmt.Sprintf("aws cloudformation wait stack-delete-complete --region %s --stack-name %s", c.account.Region, a.stack))
		if s, err = arrived.Read(ctx, c.clients, a.stack); err != nil {
			return commands, err
		}
	}
	if s == nil {
		return commands, nil
	}
	left, err := arrived.Left(ctx, c.clients, s)
	for _, id := range left {
		if exists && !slices.Contains(a.stays, id) {
			continue // the stack deletes it
		}
		commands = append(commands, deleteCommand(s.Resources[id], c.account.Region))
	}
	return commands, err
}

// deleteCommand returns the command that deletes a resource.
func deleteCommand(r *arrived.Resource, region string) string {
	switch r.Type {
	case "AWS::S3::Bucket":
		return fmt.Sprintf("aws s3 rb --region %s --force s3://%s", region, r.PhysicalID)
	case "AWS::DynamoDB::Table":
		return fmt.Sprintf("aws dynamodb delete-table --region %s --table-name %s", region, r.PhysicalID)
	}
	return fmt.Sprintf("# by hand: %s %s", r.Type, r.PhysicalID)
}
