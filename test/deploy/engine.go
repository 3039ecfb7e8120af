package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/process"
	"github.com/mapjob/mapjob/test/deploy/execution"
)

const (
	orders = 200                      // of the sample's, that the job invoices
	night  = `{"date": "2026-11-01"}` // its input
)

// runJob runs the job of the sample with the engine of this machine and, if it is AWS that
// the sample was deployed to, there: what happens must be the same. Elsewhere the engine
// runs it twice, which tests the comparison and not AWS.
func (c *check) runJob(ctx context.Context, a *app) error {
	seed := filepath.Join(c.folder, "orders.jsonl")
	if err := firstLines(filepath.Join(c.root, "examples", "orders.jsonl"), seed, orders); err != nil {
		return err
	}
	engine, machine, stop, err := c.serve(ctx, a, seed)
	if err != nil {
		return err
	}
	defer stop()
	expected, err := execution.Run(ctx, engine, machine, night, 200*time.Millisecond)
	if err != nil {
		return fmt.Errorf("the engine: %w", err)
	}
	client := engine
	if !c.account.Moto {
		client, machine = c.clients.StepFunctions, c.states[a.name].Resources["InvoicingStateMachine025427B4"].PhysicalID
		if err := c.fill(ctx, c.states[a.name].Resources["OrdersA9B65338"].PhysicalID, seed); err != nil {
			return err
		}
	}
	got, err := execution.Run(ctx, client, machine, night, time.Second)
	if err != nil {
		return err
	}
	if lines := execution.Differences(got, expected); len(lines) > 0 {
		return fmt.Errorf("got another execution than the engine's:\n%s", strings.Join(lines, "\n"))
	}
	c.say("%s, %d events and counts by state are the engine's, %d items in %d child executions",
		got.Status, len(got.Counts), got.Counts["items total"], got.Counts["children total"])
	if c.account.Moto {
		c.say("NOT CHECKED, moto can't run a job: both executions are the engine's")
	}
	return c.validate(ctx, client, machine)
}

// validate validates the definition of a state machine: on AWS of each that was deployed.
func (c *check) validate(ctx context.Context, client *sfn.Client, machine string) error {
	machines := []string{machine}
	if !c.account.Moto {
		machines = nil
		for _, s := range c.states {
			for _, r := range s.Resources {
				if r.Type == "AWS::StepFunctions::StateMachine" {
					machines = append(machines, r.PhysicalID)
				}
			}
		}
	}
	for _, m := range machines {
		problems, err := execution.Validate(ctx, client, m)
		if err != nil {
			return err
		}
		if len(problems) > 0 {
			return fmt.Errorf("%s: got an invalid definition:\n%s", m, strings.Join(problems, "\n"))
		}
	}
	c.say("%d definition is valid, says ValidateStateMachineDefinition", len(machines))
	return nil
}

// serve starts the parts of the app on this machine, and returns a client of its Step
// Functions and the ARN of the state machine.
func (c *check) serve(ctx context.Context, a *app, seed string) (client *sfn.Client, machine string, stop func(), err error) {
	command := filepath.Join(c.folder, "bin", "mapjob")
	build := process.Command(ctx, "go", "build", "-o", command, "./cmd/mapjob")
	build.Dir = c.root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, "", nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := process.Command(ctx, command, a.args("serve", "--seed", "Orders="+seed)...)
	cmd.Dir = c.project.Folder
	cmd.Env = append(os.Environ(), "PWD="+cmd.Dir, "CDK_VALIDATION=false")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	ended := make(chan error, 1)
	go func() { ended <- process.Run(cmd) }()
	stop = func() { cancel(); <-ended }
	for {
		select {
		case err := <-ended:
			cancel()
			return nil, "", nil, fmt.Errorf("mapjob serve ended: %w\n%s", errors.Join(err, ctx.Err()), said.String())
		case <-time.After(200 * time.Millisecond):
		}
		client, machine, err := served(filepath.Join(c.project.Folder, ".mapjob", "runs", "last"))
		if err == nil {
			return client, machine, stop, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			stop()
			return nil, "", nil, err
		}
	}
}

// served reads where the Step Functions of a run is, and the ARN of its state machine.
func served(run string) (*sfn.Client, string, error) {
	var endpoints map[string]string
	var described struct{ StateMachineArn string }
	for name, into := range map[string]any{"endpoints.json": &endpoints, "run.json": &described} {
		text, err := os.ReadFile(filepath.Join(run, name))
		if err != nil {
			return nil, "", err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return nil, "", fmt.Errorf("%s: %w", name, err)
		}
	}
	url := endpoints["AWS_ENDPOINT_URL_SFN"]
	if url == "" || described.StateMachineArn == "" {
		return nil, "", fmt.Errorf("%s: got endpoints %v and state machine %q", run, endpoints, described.StateMachineArn)
	}
	return sfn.New(sfn.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}), described.StateMachineArn, nil
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

// fill writes the objects of a file of JSON Lines into a table.
func (c *check) fill(ctx context.Context, table, file string) error {
	text, err := os.ReadFile(file)
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
