package mapjob_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

func function(stack awscdk.Stack, id string) awslambda.Function {
	return gofunction.New(stack, jsii.String(id), &gofunction.Props{Entry: jsii.String("lambdas/worker")})
}

const machineType = "AWS::StepFunctions::StateMachine"

// everything is a job with each prop set that a Distributed job has.
func everything(stack awscdk.Stack) *mapjob.Props {
	return &mapjob.Props{
		JobStart:                   function(stack, "JobStart"),
		Worker:                     function(stack, "Worker"),
		Summary:                    function(stack, "Summary"),
		Mode:                       mapjob.Distributed,
		Children:                   mapjob.ExpressChildren,
		Name:                       jsii.String("nightly"),
		Description:                jsii.String("a job with everything set"),
		MaxConcurrency:             jsii.Number(1000),
		BatchSize:                  jsii.Number(500),
		ToleratedFailurePercentage: jsii.Number(2.5),
		ToleratedFailureCount:      jsii.Number(1000),
		BatchBytes:                 jsii.Number(200_000),
		Overlap:                    joblock.Skip,
		Notify:                     observe.NewTopic(stack, jsii.String("Topic"), nil),
		WorkerRetries:              jsii.Number(0),
		Timeout:                    awscdk.Duration_Hours(jsii.Number(2)),
		ResultsExpiry:              awscdk.Duration_Days(jsii.Number(7)),
		AccessLogs:                 awss3.Bucket_FromBucketName(stack, jsii.String("AccessLogs"), jsii.String("our-access-logs")),
		LogRetention:               awslogs.RetentionDays_ONE_YEAR,
		LogData:                    jsii.Bool(true),
		EncryptionKey:              awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)}),
	}
}

func TestSnapshots(t *testing.T) {
	for name, props := range map[string]func(awscdk.Stack) *mapjob.Props{
		"minimal":    func(s awscdk.Stack) *mapjob.Props { return &mapjob.Props{Worker: function(s, "Worker")} },
		"everything": everything,
		"inline": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Mode: mapjob.Inline, JobStart: function(s, "JobStart"), Worker: function(s, "Worker"), Summary: function(s, "Summary"),
				MaxConcurrency: jsii.Number(5), ToleratedFailurePercentage: jsii.Number(50)}
		},
		"inline-minimal": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Mode: mapjob.Inline, Worker: function(s, "Worker")}
		},
		"by-reference": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{JobStart: function(s, "JobStart"), Worker: function(s, "Worker"), Summary: function(s, "Summary"),
				Items: mapjob.ByReference, ChunkSize: jsii.Number(5000)}
		},
		"given-buckets": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"),
				ResultsBucket: awss3.Bucket_FromBucketName(s, jsii.String("Given"), jsii.String("our-results")),
				Source:        &mapjob.Source{Bucket: awss3.Bucket_FromBucketName(s, jsii.String("Items"), jsii.String("our-items"))}}
		},
		"chunks-of-a-source": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"), Items: mapjob.ByReference,
				Source: &mapjob.Source{Format: mapjob.CSV, Headers: jsii.Strings("id", "total"), MaxItems: jsii.Number(1_000_000)}}
		},
		"object-list": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"), ToleratedFailureCount: jsii.Number(5), Source: &mapjob.Source{
				Format: mapjob.ObjectList, Bucket: awss3.Bucket_FromBucketName(s, jsii.String("Scans"), jsii.String("our-scans")), Key: jsii.String("in/")}}
		},
		"callback": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"), Callback: &mapjob.Callback{
				Timeout: awscdk.Duration_Hours(jsii.Number(12)), Heartbeat: awscdk.Duration_Minutes(jsii.Number(5))}}
		},
		"processor": func(s awscdk.Stack) *mapjob.Props {
			check := awsstepfunctions.Pass_Jsonata(s, jsii.String("Check"), nil)
			book := awsstepfunctions.Pass_Jsonata(s, jsii.String("Book"), nil)
			return &mapjob.Props{Processor: check.Next(book), BatchSize: jsii.Number(20), BatchBytes: jsii.Number(100_000)}
		},
		"one-at-a-time": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"), Overlap: joblock.Wait, WaitLimit: awscdk.Duration_Hours(jsii.Number(8))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			mapjob.New(stack, jsii.String("Job"), props(stack))
			template := synthesis.Synthesize(t, stack)
			machine := template.Only(t, machineType)
			synthesis.Snapshot(t, name+"-definition", template.Definition(t, machine))
			delete(machine.Properties, "DefinitionString") // has a snapshot of its own, which can be read
			synthesis.Snapshot(t, name+"-template", template.Resources)
		})
	}
}

// state walks a definition.
func state(t *testing.T, definition map[string]any, path ...string) map[string]any {
	t.Helper()
	for _, name := range path {
		next, ok := definition[name].(map[string]any)
		if !ok {
			t.Fatalf("got no %s in the definition, expected %s", name, strings.Join(path, "."))
		}
		definition = next
	}
	return definition
}

func TestRetriesStandInTheChildAndIncludeThrottles(t *testing.T) {
	stack := synthesis.Stack(t)
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker"), WorkerRetries: jsii.Number(4)})
	template := synthesis.Synthesize(t, stack)
	definition := template.Definition(t, template.Only(t, machineType))

	if retry := state(t, definition, "States", "Map")["Retry"]; retry != nil {
		t.Errorf("got Retry %v on the Map, expected none: it would start over", retry)
	}
	worker := state(t, definition, "States", "Map", "ItemProcessor", "States", "Worker")
	retries, _ := worker["Retry"].([]any)
	if len(retries) != 3 {
		t.Fatalf("got %d retriers, expected three", len(retries))
	}
	service, invalid, any := retries[0].(map[string]any), retries[1].(map[string]any), retries[2].(map[string]any)
	for _, name := range []string{"Lambda.TooManyRequestsException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"} {
		if !slices.Contains(service["ErrorEquals"].([]interface{}), interface{}(name)) {
			t.Errorf("got retries of %v, expected %s among them", service["ErrorEquals"], name)
		}
	}
	if service["JitterStrategy"] != "FULL" || service["BackoffRate"] != 2.0 || service["MaxDelaySeconds"] != 60.0 || service["MaxAttempts"] != 10.0 {
		t.Errorf("got %v, expected ten attempts that back off by two to a minute at most, with full jitter", service)
	}
	if fmt.Sprint(invalid["ErrorEquals"]) != "[MapJob.InvalidInput]" || invalid["MaxAttempts"] != 0.0 {
		t.Errorf("got %v, expected an input that is not understood not to be retried", invalid)
	}
	if fmt.Sprint(any["ErrorEquals"]) != "[States.ALL]" || any["MaxAttempts"] != 4.0 {
		t.Errorf("got %v, expected every other error to be retried four times", any)
	}
}

func TestTheLogHasEverythingButTheData(t *testing.T) {
	for name, c := range map[string]struct{ given, expected *bool }{
		"nothing said": {nil, jsii.Bool(false)}, "asked for": {jsii.Bool(true), jsii.Bool(true)},
	} {
		stack := synthesis.Stack(t)
		mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker"), LogData: c.given})
		machine := synthesis.Synthesize(t, stack).Only(t, machineType)
		log, _ := machine.Properties["LoggingConfiguration"].(map[string]any)
		if log["Level"] != "ALL" || log["IncludeExecutionData"] != *c.expected {
			t.Errorf("%s: got %v, expected every event, and data %v", name, log, *c.expected)
		}
	}
}

func TestManyJobsInOneStackDoNotCollide(t *testing.T) {
	stack := synthesis.Stack(t)
	worker := function(stack, "Worker")
	for i := range 20 {
		props := []mapjob.Props{{}, {Mode: mapjob.Inline}, {Items: mapjob.ByReference}, {Overlap: joblock.Replace}, {Callback: &mapjob.Callback{}}}[i%5]
		props.Worker = worker
		mapjob.New(stack, jsii.String(fmt.Sprintf("Job%d", i)), &props)
	}
	if n := len(synthesis.Synthesize(t, stack).OfType(machineType)); n != 20 {
		t.Errorf("got %d state machines, expected 20", n)
	}
}

func TestAnAppWithoutTheFlagWritesResultsAllTheSame(t *testing.T) {
	app := synthesis.App(t, map[string]any{"@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2": false})
	stack := awscdk.NewStack(app, jsii.String("Test"), nil)
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker")})
	template := synthesis.Synthesize(t, stack)
	writer := state(t, template.Definition(t, template.Only(t, machineType)), "States", "Map", "ResultWriter", "WriterConfig")
	if writer["OutputType"] != "JSONL" || writer["Transformation"] != "FLATTEN" {
		t.Errorf("got WriterConfig %v, expected JSONL and FLATTEN", writer)
	}
}

func TestPropsAreNotChanged(t *testing.T) {
	stack := synthesis.Stack(t)
	props := &mapjob.Props{Worker: function(stack, "Worker")}
	mapjob.New(stack, jsii.String("Job"), props)
	if props.Mode != "" || props.BatchSize != nil || props.ResultsBucket != nil {
		t.Errorf("got %+v, expected the caller's props as they were", props)
	}
}

func TestBadProps(t *testing.T) {
	stack := synthesis.Stack(t)
	worker := function(stack, "Worker")
	slow := gofunction.New(stack, jsii.String("Slow"), &gofunction.Props{Entry: jsii.String("lambdas/worker"), Timeout: awscdk.Duration_Minutes(jsii.Number(10))})
	bucket := awss3.Bucket_FromBucketName(stack, jsii.String("Bucket"), jsii.String("our-bucket"))
	table := awsdynamodb.Table_FromTableName(stack, jsii.String("Table"), jsii.String("our-locks"))
	states := awsstepfunctions.Pass_Jsonata(stack, jsii.String("States"), nil)
	minute := awscdk.Duration_Minutes(jsii.Number(1))
	for name, c := range map[string]struct {
		props    *mapjob.Props
		expected []string
	}{
		"no props":              {nil, []string{"Worker: got nothing, expected the function that handles the items"}},
		"unknown mode":          {&mapjob.Props{Worker: worker, Mode: "Parallel"}, []string{`Mode: got "Parallel", expected "Distributed" or "Inline"`}},
		"unknown children":      {&mapjob.Props{Worker: worker, Children: "Fast"}, []string{`Children: got "Fast", expected "Standard" or "Express"`}},
		"too concurrent":        {&mapjob.Props{Worker: worker, MaxConcurrency: jsii.Number(10001)}, []string{"MaxConcurrency: got 10001, expected a whole number from 1 to 10000"}},
		"not concurrent":        {&mapjob.Props{Worker: worker, MaxConcurrency: jsii.Number(0)}, []string{"MaxConcurrency: got 0, expected"}},
		"half concurrent":       {&mapjob.Props{Worker: worker, MaxConcurrency: jsii.Number(1.5)}, []string{"MaxConcurrency: got 1.5, expected a whole number"}},
		"too concurrent inline": {&mapjob.Props{Worker: worker, Mode: mapjob.Inline, MaxConcurrency: jsii.Number(41)}, []string{"MaxConcurrency of an Inline job: got 41, expected a whole number from 1 to 40"}},
		"inline with batches":   {&mapjob.Props{Worker: worker, Mode: mapjob.Inline, BatchSize: jsii.Number(10)}, []string{"BatchSize: got 10, expected none in an Inline job"}},
		"inline with children":  {&mapjob.Props{Worker: worker, Mode: mapjob.Inline, Children: mapjob.ExpressChildren}, []string{`Children: got "Express", expected none in an Inline job`}},
		"inline from a bucket":  {&mapjob.Props{Worker: worker, Mode: mapjob.Inline, Source: &mapjob.Source{Format: mapjob.CSV, Bucket: bucket}}, []string{`Source.Format: got "CSV", expected "INPUT" in an Inline job`, "Source: got a Bucket, Key or MaxItems, expected none of them"}},
		"unknown handover":      {&mapjob.Props{Worker: worker, Items: "ByMail"}, []string{`Items: got "ByMail", expected "ByValue" or "ByReference"`}},
		"by reference in batches": {&mapjob.Props{Worker: worker, Items: mapjob.ByReference, BatchSize: jsii.Number(7)},
			[]string{"BatchSize, BatchBytes: got them beside Items by reference, expected none"}},
		"by reference from the input": {&mapjob.Props{Worker: worker, Items: mapjob.ByReference, Source: &mapjob.Source{Format: mapjob.InputList}},
			[]string{`Items: got "ByReference" of a Source "INPUT", expected "ByValue"`}},
		"by reference to a processor": {&mapjob.Props{Processor: states, Items: mapjob.ByReference},
			[]string{`Items: got "ByReference", expected "ByValue" beside a Processor or a Callback`}},
		"worker and processor":      {&mapjob.Props{Worker: worker, Processor: states}, []string{"Processor: got one beside a Worker, expected one of them"}},
		"retries of a processor":    {&mapjob.Props{Processor: states, WorkerRetries: jsii.Number(3)}, []string{"WorkerRetries: got 3, expected none beside a Processor"}},
		"callback of a processor":   {&mapjob.Props{Processor: states, Callback: &mapjob.Callback{}}, []string{"Callback: got one beside a Processor, expected a Worker"}},
		"callback of express":       {&mapjob.Props{Worker: worker, Callback: &mapjob.Callback{}, Children: mapjob.ExpressChildren}, []string{`Callback: got one with "Express" Children, expected "Standard"`}},
		"callback without time":     {&mapjob.Props{Worker: worker, Callback: &mapjob.Callback{Timeout: awscdk.Duration_Seconds(jsii.Number(0))}}, []string{"Callback.Timeout: got 0 s, expected whole seconds from 1 s to 365 days"}},
		"heart that does not beat":  {&mapjob.Props{Worker: worker, Callback: &mapjob.Callback{Timeout: minute, Heartbeat: minute}}, []string{"Callback.Heartbeat: got 60 s, expected less than the Timeout of 60 s"}},
		"unknown format":            {&mapjob.Props{Worker: worker, Source: &mapjob.Source{Format: "XLSX"}}, []string{`Source.Format: got "XLSX", expected "JSONL"`}},
		"key without a bucket":      {&mapjob.Props{Worker: worker, Source: &mapjob.Source{Key: jsii.String("items.csv")}}, []string{`Source.Key: got "items.csv" without a Bucket`}},
		"list of no bucket":         {&mapjob.Props{Worker: worker, Source: &mapjob.Source{Format: mapjob.ObjectList}}, []string{`Source.Bucket: got nothing with Format "OBJECTS", expected the bucket`}},
		"headers of lines":          {&mapjob.Props{Worker: worker, Source: &mapjob.Source{Headers: jsii.Strings("id")}}, []string{`Source.Headers, Source.Delimiter: got them with Format "", expected them with "CSV" alone`}},
		"no headers":                {&mapjob.Props{Worker: worker, Source: &mapjob.Source{Format: mapjob.CSV, Headers: jsii.Strings()}}, []string{"Source.Headers: got none, expected the names of the columns"}},
		"more than all items":       {&mapjob.Props{Worker: worker, Source: &mapjob.Source{MaxItems: jsii.Number(1e9)}}, []string{"Source.MaxItems: got 1000000000, expected a whole number from 1 to 100000000"}},
		"chunks of the own results": {&mapjob.Props{Worker: worker, Items: mapjob.ByReference, ResultsBucket: bucket, Source: &mapjob.Source{Format: mapjob.ObjectList, Bucket: bucket}}, []string{"Source.Bucket: got the ResultsBucket"}},
		"too much in a batch":       {&mapjob.Props{Worker: worker, BatchBytes: jsii.Number(262_144)}, []string{"BatchBytes: got 262144, expected a whole number from 1 to 245760"}},
		"bytes of inline batches":   {&mapjob.Props{Worker: worker, Mode: mapjob.Inline, BatchBytes: jsii.Number(1000)}, []string{"BatchBytes: got 1000, expected none in an Inline job"}},
		"tolerates half an item":    {&mapjob.Props{Worker: worker, ToleratedFailureCount: jsii.Number(0.5)}, []string{"ToleratedFailureCount: got 0.5, expected a whole number"}},
		"unknown overlap":           {&mapjob.Props{Worker: worker, Overlap: "Forbid"}, []string{`Overlap: got "Forbid", expected "Allow", "Skip", "Wait", "Replace" or "Fail"`}},
		"waits for nothing":         {&mapjob.Props{Worker: worker, Overlap: joblock.Skip, WaitLimit: minute}, []string{`WaitLimit: got a duration, expected none but with Overlap "Wait"`}},
		"table without a lock":      {&mapjob.Props{Worker: worker, LockTable: table}, []string{"LockTable: got a table, expected none where executions may overlap"}},
		"by reference inline":       {&mapjob.Props{Worker: worker, JobStart: worker, Mode: mapjob.Inline, Items: mapjob.ByReference}, []string{`Items: got "ByReference", expected "ByValue" in an Inline job`}},
		"empty chunks":              {&mapjob.Props{Worker: worker, JobStart: worker, Items: mapjob.ByReference, ChunkSize: jsii.Number(0)}, []string{"ChunkSize: got 0, expected a whole number from 1"}},
		"chunks by value":           {&mapjob.Props{Worker: worker, ChunkSize: jsii.Number(10)}, []string{"ChunkSize: got 10, expected none beside Items by value"}},
		"empty batches":             {&mapjob.Props{Worker: worker, BatchSize: jsii.Number(0)}, []string{"BatchSize: got 0, expected a whole number from 1"}},
		"tolerates more than all":   {&mapjob.Props{Worker: worker, ToleratedFailurePercentage: jsii.Number(101)}, []string{"ToleratedFailurePercentage: got 101, expected a number from 0 to 100"}},
		"tolerates less than none":  {&mapjob.Props{Worker: worker, ToleratedFailurePercentage: jsii.Number(-1)}, []string{"ToleratedFailurePercentage: got -1"}},
		"negative retries":          {&mapjob.Props{Worker: worker, WorkerRetries: jsii.Number(-1)}, []string{"WorkerRetries: got -1, expected a whole number from 0 to 99"}},
		"too long":                  {&mapjob.Props{Worker: worker, Timeout: awscdk.Duration_Days(jsii.Number(400))}, []string{"Timeout: got 34560000 s, expected whole seconds from 1 s to 365 days"}},
		"express and slow":          {&mapjob.Props{Worker: slow, Children: mapjob.ExpressChildren}, []string{`Children: got "Express" with a worker timeout of 600 s, expected at most 300 s`}},
		"two sources of items":      {&mapjob.Props{Worker: worker, JobStart: worker, Source: &mapjob.Source{}}, []string{"Source: got one beside a JobStart"}},
		"expiry of a given bucket":  {&mapjob.Props{Worker: worker, ResultsBucket: bucket, ResultsExpiry: awscdk.Duration_Days(jsii.Number(1))}, []string{"ResultsExpiry: got a duration, expected none beside a ResultsBucket"}},
		"logged access to a given bucket": {&mapjob.Props{Worker: worker, ResultsBucket: bucket, AccessLogs: bucket},
			[]string{"AccessLogs: got a bucket, expected none where the job has no bucket of its own"}},
		"logged access to no bucket": {&mapjob.Props{Worker: worker, Mode: mapjob.Inline, AccessLogs: bucket}, []string{"AccessLogs: got a bucket, expected none"}},
		"all at once": {&mapjob.Props{Mode: "X", BatchSize: jsii.Number(-1), ToleratedFailurePercentage: jsii.Number(200)},
			[]string{"Worker: got nothing", "Mode: got", "BatchSize: got -1", "ToleratedFailurePercentage: got 200"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(*stack.Node().Children())
			message := synthesis.Panics(t, func() { mapjob.New(stack, jsii.String("Job"), c.props) })
			for _, expected := range append(c.expected, "Test/Job: ") {
				if !strings.Contains(message, expected) {
					t.Errorf("got %q, expected it to contain %q", message, expected)
				}
			}
			if len(*stack.Node().Children()) != before {
				t.Error("got a construct in the stack, expected none to be created from bad props")
			}
		})
	}
}
