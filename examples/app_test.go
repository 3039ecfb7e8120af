package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/sfntest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// The job greets each customer, and says which order has none.
func TestAnOrderWithoutACustomer(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}, Outdir: jsii.String(t.TempDir())})
	text, err := json.Marshal(assertions.Template_FromStack(NewStack(app, "Greetings"), nil).ToJSON())
	if err != nil {
		t.Fatal(err)
	}
	stack := sfntest.Parse(t, text)
	synctest.Test(t, func(t *testing.T) {
		// docs: job
		w := sfntest.New(t, stack, sfntest.Handle("Worker", job.Work(greet)))
		_, machine, _ := strings.Cut(w.Name("Greet/StateMachine"), "stateMachine:")
		bucket, key := w.Name("Greet/Results"), machine+"/orders.jsonl"
		orders := strings.NewReader("{\"customer\":\"Aalto\"}\n{}\n{\"customer\":\"Curie\"}\n")
		if _, err := s3.NewFromConfig(w.Config()).PutObject(context.Background(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: orders}); err != nil {
			t.Fatal(err)
		}
		x := w.Start("Greet", map[string]any{"items": map[string]string{"bucket": bucket, "key": key}})
		x.RunToEnd()
		if err := x.Err(); err == nil || err.Name != "MapJob.TooManyFailures" || x.MapRuns()[0].Total != 3 {
			t.Errorf("got %v, expected MapJob.TooManyFailures of 3 items:\n%s", err, x.History())
		}
		// docs: end
	})
}

type order struct {
	Customer string `json:"customer"`
}

func greet(_ context.Context, o order) (string, error) {
	if o.Customer == "" {
		return "", job.Errorf("NobodyToGreet", "the order has no customer")
	}
	return "Hello, " + o.Customer + "!", nil
}

// The app has no context, and still gets the whole job.
func TestConstructsWorkInAnotherModule(t *testing.T) {
	defer func() {
		if p := recover(); p != nil { // what a failed assertion does
			t.Fatal(p)
		}
	}()
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"aws:cdk:bundling-stacks": []string{}}, Outdir: jsii.String(t.TempDir())})
	template := assertions.Template_FromStack(NewStack(app, "Greetings"), nil)
	template.ResourceCountIs(jsii.String("AWS::StepFunctions::StateMachine"), jsii.Number(1))
	template.ResourceCountIs(jsii.String("AWS::Lambda::Function"), jsii.Number(2)) // the worker and the job's accountant
	template.HasResourceProperties(jsii.String("AWS::StepFunctions::StateMachine"), &map[string]any{
		"DefinitionString": assertions.Match_ObjectLike(&map[string]any{
			"Fn::Join": []any{"", assertions.Match_ArrayWith(&[]any{assertions.Match_StringLikeRegexp(jsii.String(`"Transformation":"FLATTEN"`))})},
		}),
	})
}
