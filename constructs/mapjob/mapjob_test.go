package mapjob_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
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
	minute, hour, day := awscdk.Duration_Minutes(jsii.Number(1)), awscdk.Duration_Hours(jsii.Number(1)), awscdk.Duration_Days(jsii.Number(1))
	token := awscdk.NewCfnParameter(stack, jsii.String("Parameter"), &awscdk.CfnParameterProps{Type: jsii.String("Number")}).ValueAsNumber()
	topic := awssns.Topic_FromTopicArn(stack, jsii.String("Topic"), jsii.String("arn:aws:sns:eu-central-1:123456789012:alerts"))
	fifo := awssns.NewTopic(awscdk.NewStack(nil, jsii.String("Other"), nil), jsii.String("Topic"), &awssns.TopicProps{Fifo: jsii.Bool(true)})
	inJSONPath := awsstepfunctionstasks.NewLambdaInvoke(stack, jsii.String("Invoke"), &awsstepfunctionstasks.LambdaInvokeProps{LambdaFunction: worker, OutputPath: jsii.String("$.Payload")})
	waits := awsstepfunctions.Wait_Jsonata(stack, jsii.String("Rest"), &awsstepfunctions.WaitJsonataProps{Time: awsstepfunctions.WaitTime_Duration(hour)})
	asks := awsstepfunctionstasks.LambdaInvoke_Jsonata(stack, jsii.String("Ask"), &awsstepfunctionstasks.LambdaInvokeJsonataProps{
		LambdaFunction: worker, IntegrationPattern: awsstepfunctions.IntegrationPattern_WAIT_FOR_TASK_TOKEN,
		Payload: awsstepfunctions.TaskInput_FromObject(&map[string]any{"token": "{% $states.context.Task.Token %}"})})
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
		"no beat within the default": {&mapjob.Props{Worker: worker, Callback: &mapjob.Callback{Heartbeat: awscdk.Duration_Hours(jsii.Number(2))}},
			[]string{"Callback.Heartbeat: got 7200 s, expected less than the Timeout of 3600 s"}},
		"an answer after the end":     {&mapjob.Props{Worker: worker, Callback: &mapjob.Callback{Timeout: day}}, []string{"Callback.Timeout: got 86400 s, expected less than the Timeout of 86400 s"}},
		"an answer after a short end": {&mapjob.Props{Worker: worker, Callback: &mapjob.Callback{}, Timeout: minute}, []string{"Callback.Timeout: got 3600 s, expected less than the Timeout of 60 s"}},
		"retries of a callback":       {&mapjob.Props{Worker: worker, Callback: &mapjob.Callback{}, WorkerRetries: jsii.Number(2)}, []string{"WorkerRetries: got 2, expected none beside a Callback"}},
		"waits until the end":         {&mapjob.Props{Worker: worker, Overlap: joblock.Wait, WaitLimit: awscdk.Duration_Days(jsii.Number(7))}, []string{"WaitLimit: got 604800 s, expected less than the Timeout of 86400 s"}},
		"waits by default to the end": {&mapjob.Props{Worker: worker, Overlap: joblock.Wait, Timeout: hour}, []string{"WaitLimit: got 3600 s, expected less than the Timeout of 3600 s"}},
		"expires while it runs":       {&mapjob.Props{Worker: worker, Timeout: awscdk.Duration_Days(jsii.Number(3)), ResultsExpiry: day}, []string{"ResultsExpiry: got 86400 s, expected at least the Timeout of 259200 s"}},
		"expires at noon":             {&mapjob.Props{Worker: worker, ResultsExpiry: awscdk.Duration_Hours(jsii.Number(36))}, []string{"ResultsExpiry: got 129600 s, expected whole days"}},
		"tolerates a parameter": {&mapjob.Props{Worker: worker, ToleratedFailureCount: token, ToleratedFailurePercentage: token, WorkerRetries: token},
			[]string{"ToleratedFailureCount: got a token", "ToleratedFailurePercentage: got a token", "WorkerRetries: got a token"}},
		"no name":                 {&mapjob.Props{Worker: worker, Name: jsii.String("")}, []string{"Name: got an empty one"}},
		"a name that is not told": {&mapjob.Props{Worker: worker, Notify: topic, Name: jsii.String("Nächtlich")}, []string{`Name: got "Nächtlich" beside Notify, expected at most 80 characters of ASCII`}},
		"told in order":           {&mapjob.Props{Worker: worker, Notify: fifo}, []string{"Notify: got a FIFO topic"}},
		"a version of a slow one": {&mapjob.Props{Worker: slow.CurrentVersion(), Children: mapjob.ExpressChildren}, []string{`Children: got "Express" with a worker timeout of 600 s`}},
		"an alias of a slow one":  {&mapjob.Props{Worker: slow.AddAlias(jsii.String("live"), nil), Children: mapjob.ExpressChildren}, []string{`Children: got "Express" with a worker timeout of 600 s`}},
		"states in JSONPath":      {&mapjob.Props{Processor: inJSONPath}, []string{`Processor: got state "Invoke" with OutputPath, which is JSONPath, expected JSONata`}},
		"express that rests":      {&mapjob.Props{Processor: waits, Children: mapjob.ExpressChildren}, []string{`Processor: got state "Rest", which waits too long, with "Express" Children, expected "Standard"`}},
		"express that asks":       {&mapjob.Props{Processor: asks, Children: mapjob.ExpressChildren}, []string{`Processor: got state "Ask", which waits for an answer, with "Express" Children, expected "Standard"`}},
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

// By reference the Map would take a chunk for an item, and the last chunk is
// smaller than the others: the verdict counts items.
func TestChunksAreNotCountedForItems(t *testing.T) {
	for _, c := range []struct{ tolerated, byMap any }{{20.0, 100.0}, {0.0, nil}, {nil, nil}} {
		stack := synthesis.Stack(t)
		props := &mapjob.Props{JobStart: function(stack, "JobStart"), Worker: function(stack, "Worker"), Items: mapjob.ByReference}
		if percentage, ok := c.tolerated.(float64); ok {
			props.ToleratedFailurePercentage = jsii.Number(percentage)
		}
		mapjob.New(stack, jsii.String("Job"), props)
		template := synthesis.Synthesize(t, stack)
		definition := template.Definition(t, template.Only(t, machineType))
		if got := state(t, definition, "States", "Map")["ToleratedFailurePercentage"]; got != c.byMap {
			t.Errorf("tolerating %v: got %v for the Map, expected %v", c.tolerated, got, c.byMap)
		}
	}
}

// Items in a bucket that the input names are read by the Map or the job's own
// job start, and by the summary, which looks up those that failed.
func TestGrantsReachWhoeverReadsItems(t *testing.T) {
	for name, c := range map[string]struct {
		props   func(awscdk.Stack) *mapjob.Props
		readers []string
	}{
		"by value": {func(s awscdk.Stack) *mapjob.Props { return &mapjob.Props{Worker: function(s, "Worker")} },
			[]string{"JobAccountantRole", "JobRole"}},
		"by reference": {func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"), Items: mapjob.ByReference}
		}, []string{"JobAccountantRole", "JobChunkerRole", "JobRole"}},
	} {
		stack := synthesis.Stack(t)
		job := mapjob.New(stack, jsii.String("Job"), c.props(stack))
		job.GrantRead(awss3.Bucket_FromBucketName(stack, jsii.String("Partner"), jsii.String("partners-items")))
		template := synthesis.Synthesize(t, stack)
		var readers []string
		for _, policy := range template.OfType("AWS::IAM::Policy") {
			text, err := json.Marshal(policy.Properties["PolicyDocument"])
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "partners-items/*") {
				for _, role := range policy.Properties["Roles"].([]any) {
					readers = append(readers, strings.TrimRight(role.(map[string]any)["Ref"].(string), "0123456789ABCDEF"))
				}
			}
		}
		slices.Sort(readers)
		if !slices.Equal(readers, c.readers) {
			t.Errorf("%s: got %v, expected %v", name, readers, c.readers)
		}
	}
}

// A function without its role can't be granted what it needs: its owner is told.
func TestImportedFunctionsAreWarnedOf(t *testing.T) {
	stack := synthesis.Stack(t)
	imported := awslambda.Function_FromFunctionArn(stack, jsii.String("Imported"), jsii.String("arn:aws:lambda:eu-central-1:123456789012:function:worker"))
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: imported})
	warnings := assertions.Annotations_FromStack(stack).FindWarning(jsii.String("/Test/Job"), assertions.Match_StringLikeRegexp(jsii.String("WorkerAccess: got an imported function.*in Test/Job/Results, s3:PutObject, s3:AbortMultipartUpload on its objects .*outcomes")))
	if len(*warnings) != 1 {
		t.Errorf("got %d warnings, expected one that names what the worker's owner has to allow", len(*warnings))
	}
}

func TestStatesInsideOfStatesAreLookedAt(t *testing.T) {
	stack := synthesis.Stack(t)
	inside := awsstepfunctions.Parallel_Jsonata(stack, jsii.String("Both"), nil).Branch(
		awsstepfunctions.NewPass(stack, jsii.String("Old"), &awsstepfunctions.PassProps{InputPath: jsii.String("$.item")}))
	message := synthesis.Panics(t, func() { mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Processor: inside}) })
	if expected := `Test/Job: Processor: got state "Old" with InputPath, which is JSONPath, expected JSONata`; !strings.Contains(message, expected) {
		t.Errorf("got %q, expected it to contain %q", message, expected)
	}
}

// The token of an item belongs to a child of the Map.
func TestWhoAnswersTokensMayAnswerThoseOfChildren(t *testing.T) {
	stack := synthesis.Stack(t)
	bank := function(stack, "Bank")
	job := mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker"), Callback: &mapjob.Callback{}})
	job.GrantTaskResponse(bank)
	text, err := json.Marshal(synthesis.Synthesize(t, stack).OfType("AWS::IAM::Policy"))
	if err != nil {
		t.Fatal(err)
	}
	const expected = `"Action":["states:SendTaskFailure","states:SendTaskHeartbeat","states:SendTaskSuccess"],"Effect":"Allow","Resource":[{"Fn::Join":["",[{"Ref":"JobStateMachine`
	if at := strings.Index(string(text), expected); at < 0 || !strings.Contains(string(text)[at:at+300], `"},"/*"]]},{"Ref":"JobStateMachine`) {
		t.Errorf("got %s, expected leave to answer the tokens of the state machine and of its children", text)
	}
}

func TestTimesThatAreNotKnownAtSynthAreTaken(t *testing.T) {
	stack := synthesis.Stack(t)
	hours := awscdk.Duration_Hours(awscdk.NewCfnParameter(stack, jsii.String("Hours"), &awscdk.CfnParameterProps{Type: jsii.String("Number")}).ValueAsNumber())
	seconds := awscdk.Duration_Seconds(awscdk.NewCfnParameter(stack, jsii.String("Seconds"), &awscdk.CfnParameterProps{Type: jsii.String("Number")}).ValueAsNumber())
	message := synthesis.Panics(t, func() {
		mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Timeout: seconds, Callback: &mapjob.Callback{Timeout: hours, Heartbeat: awscdk.Duration_Minutes(jsii.Number(1))}})
	})
	if message != "Test/Job: Worker: got nothing, expected the function that handles the items" {
		t.Errorf("got %q, expected nothing to be said but of the worker", message)
	}
}
