package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/test/deploy/arrived"
)

// announce says what is created in an account of AWS, and what that costs. It refuses if
// a stack is there: it would be changed and deleted.
func (c *check) announce(ctx context.Context, apps []*app) error {
	var stacks []string
	for _, a := range apps {
		exists, err := arrived.Exists(ctx, c.clients, a.stack)
		if err != nil {
			return err
		}
		if exists {
			return fmt.Errorf("got a stack %s in account %s, region %s, expected none: this check would change and delete it. Use another region or account, or delete it first: nothing was created", a.stack, c.account.ID, c.account.Region)
		}
		stacks = append(stacks, a.stack)
	}
	fmt.Fprintf(c.out, `account %s, region %s
creates the stacks %s, and CDKToolkit if it is not there; runs a job of %d items
should cost less than $0.25, which is not verified: a KMS key in each stack but Greetings, at $1 a month by the hour, alarms and a dashboard by the hour, and a cent for requests
deletes all of it at the end, but CDKToolkit; keys stay pending deletion, which costs nothing

`, c.account.ID, c.account.Region, strings.Join(stacks, ", "), orders)
	return nil
}

// remains says how to clean up after a failure.
func (c *check) remains(apps []*app) {
	fmt.Fprintf(c.out, "\nwhat is left in account %s, region %s, and how to delete it:\n", c.account.ID, c.account.Region)
	for _, a := range apps {
		fmt.Fprintf(c.out, "    aws cloudformation delete-stack --region %s --stack-name %s\n", c.account.Region, a.stack)
	}
	fmt.Fprintln(c.out, "and then the buckets and tables whose names begin with the name of a stack (aws s3 rb --force s3://NAME, aws dynamodb delete-table --table-name NAME)")
}
