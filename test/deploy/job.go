package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/mapjob/mapjob/test/deploy/engine"
	"github.com/mapjob/mapjob/test/deploy/execution"
)

const (
	orders = 200                      // of the sample's, that the job invoices
	night  = `{"date": "2026-11-01"}` // its input
)

// expect runs the job of the sample with the engine of this machine.
func (c *check) expect(ctx context.Context, a *app) error {
	if err := firstLines(filepath.Join(c.root, "examples", "orders.jsonl"), c.orders(), orders); err != nil {
		return err
	}
	e, err := engine.Serve(ctx, c.command, c.project.Folder, a.args("--seed", "Orders="+c.orders())...)
	if err != nil {
		return err
	}
	defer e.Stop()
	c.expected, err = execution.Run(ctx, e.Client, e.Machine, night, 200*time.Millisecond)
	return err
}

// orders is the file of orders that are invoiced.
func (c *check) orders() string { return filepath.Join(c.folder, "orders.jsonl") }

// sameAsExpected runs the job where it was deployed, and expects that what happens is what
// the engine did.
func (c *check) sameAsExpected(ctx context.Context, a *app) error {
	got, err := execution.Run(ctx, c.clients.StepFunctions, c.states[a.name].Resources["InvoicingStateMachine025427B4"].PhysicalID, night, c.poll)
	if err != nil {
		return err
	}
	if lines := execution.Differences(got, c.expected); len(lines) > 0 {
		return fmt.Errorf("got another execution than the engine's:\n%s", strings.Join(lines, "\n"))
	}
	c.say("%s, %d events and counts by state are the engine's, %d items in %d child executions",
		got.Status, len(got.Counts), got.Counts["items total"], got.Counts["children total"])
	return nil
}

// validate validates the definition of each state machine that was deployed.
func (c *check) validate(ctx context.Context) error {
	n := 0
	for _, s := range c.states {
		for id, r := range s.Resources {
			if r.Type != "AWS::StepFunctions::StateMachine" {
				continue
			}
			n++
			problems, err := execution.Validate(ctx, c.clients.StepFunctions, r.PhysicalID)
			if err != nil {
				return err
			}
			if len(problems) > 0 {
				return fmt.Errorf("%s of %s: got an invalid definition:\n%s", id, s.Name, strings.Join(problems, "\n"))
			}
		}
	}
	c.say("ValidateStateMachineDefinition finds nothing in %d", n)
	return nil
}

// firstLines copies the first lines of a file.
func firstLines(from, to string, n int) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	if len(lines) < n {
		return fmt.Errorf("%s: got %d lines, expected at least %d", from, len(lines), n)
	}
	return os.WriteFile(to, bytes.Join(lines[:n], nil), 0o644)
}

// fill writes the orders into the deployed table.
func (c *check) fill(ctx context.Context, a *app) error {
	table := c.states[a.name].Resources["OrdersA9B65338"].PhysicalID
	text, err := os.ReadFile(c.orders())
	if err != nil {
		return err
	}
	for line := range bytes.Lines(text) {
		var item map[string]any
		if err := json.Unmarshal(line, &item); err != nil {
			return err
		}
		attributes, err := attributevalue.MarshalMap(item)
		if err != nil {
			return err
		}
		if _, err := c.clients.DynamoDB.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(table), Item: attributes}); err != nil {
			return err
		}
	}
	return nil
}
