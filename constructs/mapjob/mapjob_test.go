package mapjob_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/constructs-go/constructs/v10"
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

// everything sets each prop that a Distributed job can have.
func everything(stack awscdk.Stack) *mapjob.Props {
	return &mapjob.Props{
		JobStart: function(stack, "JobStart"),
		Worker:   function(stack, "Worker"),
		Summary:  function(stack, "Summary"),
		Mode: &mapjob.Distributed{
			Children:       mapjob.ExpressChildren,
			MaxConcurrency: jsii.Number(1000),
			BatchSize:      jsii.Number(500),
			BatchBytes:     jsii.Number(200_000),
		},
		Name:                       jsii.String("nightly"),
		Description:                jsii.String("a job with everything set"),
		ToleratedFailurePercentage: jsii.Number(2.5),
		ToleratedFailureCount:      jsii.Number(1000),
		Overlap:                    &joblock.Skip{},
		Notify:                     observe.NewTopic(stack, jsii.String("Topic"), nil),
		WorkerRetries:              jsii.Number(0),
		Timeout:                    awscdk.Duration_Hours(jsii.Number(2)),
		Results: &mapjob.ResultsProps{
			Expiry:     awscdk.Duration_Days(jsii.Number(7)),
			AccessLogs: awss3.Bucket_FromBucketName(stack, jsii.String("AccessLogs"), jsii.String("our-access-logs")),
		},
		FunctionSettings: settings(stack),
		RemovalPolicy:    awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
		LogRetention:     awslogs.RetentionDays_ONE_YEAR,
		LogData:          jsii.Bool(true),
		EncryptionKey:    awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)}),
	}
}

// settings sets everything that functions have in common.
func settings(stack awscdk.Stack) *gofunction.Settings {
	return &gofunction.Settings{
		Network: &gofunction.Network{VPC: awsec2.Vpc_FromVpcAttributes(stack, jsii.String("VPC"), &awsec2.VpcAttributes{
			VpcId: jsii.String("vpc-00000001"), AvailabilityZones: jsii.Strings("us-east-1a"), PrivateSubnetIds: jsii.Strings("subnet-00000001"),
		})},
		Role: awsiam.NewRole(stack, jsii.String("Role"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)}),
		Layers: []awslambda.ILayerVersion{awslambda.LayerVersion_FromLayerVersionArn(stack, jsii.String("Layer"),
			jsii.String("arn:aws:lambda:us-east-1:123456789012:layer:tools:1"))},
		EphemeralStorageMB:  jsii.Number(1024),
		DeadLetterQueue:     awssqs.Queue_FromQueueArn(stack, jsii.String("Failures"), jsii.String("arn:aws:sqs:us-east-1:123456789012:failures")),
		ReservedConcurrency: jsii.Number(20),
	}
}

func TestSnapshots(t *testing.T) {
	for name, props := range map[string]func(awscdk.Stack) *mapjob.Props{
		"minimal":    func(s awscdk.Stack) *mapjob.Props { return &mapjob.Props{Worker: function(s, "Worker")} },
		"everything": everything,
		"inline": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Mode: &mapjob.Inline{MaxConcurrency: jsii.Number(5)}, JobStart: function(s, "JobStart"), Worker: function(s, "Worker"), Summary: function(s, "Summary"),
				ToleratedFailurePercentage: jsii.Number(50)}
		},
		"inline-minimal": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Mode: &mapjob.Inline{}, Worker: function(s, "Worker")}
		},
		"inline-with-reruns": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Mode: &mapjob.Inline{}, Worker: function(s, "Worker"), Summary: function(s, "Summary"), Results: &mapjob.ResultsProps{}}
		},
		"by-reference": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{JobStart: function(s, "JobStart"), Worker: function(s, "Worker"), Summary: function(s, "Summary"),
				Mode: &mapjob.ByReference{ChunkSize: jsii.Number(5000)}}
		},
		"given-buckets": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"),
				ResultsBucket: awss3.Bucket_FromBucketName(s, jsii.String("Given"), jsii.String("our-results")),
				Source:        &mapjob.JSONLines{Bucket: awss3.Bucket_FromBucketName(s, jsii.String("Items"), jsii.String("our-items"))}}
		},
		"chunks-of-a-source": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"), Mode: &mapjob.ByReference{},
				Source: &mapjob.CSV{Headers: jsii.Strings("id", "total"), MaxItems: jsii.Number(1_000_000)}}
		},
		"object-list": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"), ToleratedFailureCount: jsii.Number(5), Source: &mapjob.ObjectList{
				Bucket: awss3.Bucket_FromBucketName(s, jsii.String("Scans"), jsii.String("our-scans")), Prefix: jsii.String("in/")}}
		},
		"callback": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Callback: &mapjob.Callback{Worker: function(s, "Worker"),
				Timeout: awscdk.Duration_Hours(jsii.Number(12)), Heartbeat: awscdk.Duration_Minutes(jsii.Number(5))}}
		},
		"processor": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{
				Processor: func(scope constructs.Construct) awsstepfunctions.IChainable {
					check := awsstepfunctions.Pass_Jsonata(scope, jsii.String("Check"), nil)
					return check.Next(awsstepfunctions.Pass_Jsonata(scope, jsii.String("Book"), nil))
				},
				Mode: &mapjob.Distributed{BatchSize: jsii.Number(20), BatchBytes: jsii.Number(100_000)},
			}
		},
		"functions-with-settings": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"), Mode: &mapjob.ByReference{}, FunctionSettings: settings(s), RemovalPolicy: awscdk.RemovalPolicy_RETAIN}
		},
		"one-at-a-time": func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"), Overlap: &joblock.Wait{Limit: awscdk.Duration_Hours(jsii.Number(8))}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			mapjob.New(stack, jsii.String("Job"), props(stack))
			template := synthesis.Reviewed(t, name, stack)
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

func TestRetriesAreInTheChildAndIncludeThrottles(t *testing.T) {
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
	if service["JitterStrategy"] != "FULL" || service["BackoffRate"] != 2.0 || service["MaxDelaySeconds"] != 300.0 || service["MaxAttempts"] != 32.0 {
		t.Errorf("got %v, expected 32 attempts that back off by two to five minutes at most, with full jitter", service)
	}
	if fmt.Sprint(invalid["ErrorEquals"]) != "[MapJob.InvalidInput]" || invalid["MaxAttempts"] != 0.0 {
		t.Errorf("got %v, expected an input that is not understood not to be retried", invalid)
	}
	if fmt.Sprint(any["ErrorEquals"]) != "[States.ALL]" || any["MaxAttempts"] != 4.0 {
		t.Errorf("got %v, expected every other error to be retried four times", any)
	}
}

func TestJobStartAndSummaryAreRetriedIfTheyCrashOrTimeOut(t *testing.T) {
	stack := synthesis.Stack(t)
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{JobStart: function(stack, "JobStart"), Worker: function(stack, "Worker"), Summary: function(stack, "Summary")})
	template := synthesis.Synthesize(t, stack)
	definition := template.Definition(t, template.Only(t, machineType))
	for _, name := range []string{"JobStart", "Summary"} {
		attempts := map[string]float64{}
		retriers, _ := state(t, definition, "States", name)["Retry"].([]any)
		for _, retrier := range retriers {
			retrier, _ := retrier.(map[string]any)
			errors, _ := retrier["ErrorEquals"].([]any)
			for _, e := range errors {
				attempts[fmt.Sprint(e)], _ = retrier["MaxAttempts"].(float64)
			}
		}
		for e, expected := range map[string]float64{
			"Runtime.ExitError": 2, "Runtime.OutOfMemory": 2, "Sandbox.Timedout": 1, "Lambda.Unknown": 1,
			"Function.ResponseSizeTooLarge": 0, "Runtime.InvalidEntrypoint": 0, "States.ALL": 0, "States.TaskFailed": 0,
		} {
			if attempts[e] != expected {
				t.Errorf("%s: got %g retries of %s, expected %g", name, attempts[e], e, expected)
			}
		}
	}
}

// A delay with full jitter is half as long on average.
func TestThrottlesAreRetriedAsLongAsTheExecutionAllows(t *testing.T) {
	stack := synthesis.Stack(t)
	worker := function(stack, "Worker")
	callback := &mapjob.Callback{Worker: worker}
	const inChild, inEachItem, inMap = "ItemProcessor", "ItemProcessor.States.EachItem.ItemProcessor", "ItemProcessor"
	for name, c := range map[string]struct {
		props          mapjob.Props
		worker         string        // the path from the Map to its task
		longest        time.Duration // all delays without jitter
		items, perItem int           // in one history, and the events that each has beside those of its tries
	}{
		"Standard":      {mapjob.Props{Worker: worker}, inChild, 2*time.Hour + 211*time.Second, 1, 0},
		"ByReference":   {mapjob.Props{Worker: worker, Mode: &mapjob.ByReference{}}, inChild, 2*time.Hour + 211*time.Second, 1, 0},
		"Express":       {mapjob.Props{Worker: worker, Mode: &mapjob.Distributed{Children: mapjob.ExpressChildren}}, inChild, 151 * time.Second, 0, 0},
		"Callback":      {mapjob.Props{Callback: callback}, inEachItem, 2*time.Hour + 211*time.Second, 1, 7},
		"CallbackBatch": {mapjob.Props{Callback: callback, Mode: &mapjob.Distributed{BatchSize: jsii.Number(1000)}}, inEachItem, 15 * time.Second, 1000, 7},
		"Inline":        {mapjob.Props{Worker: worker, Mode: &mapjob.Inline{}}, inMap, 23*time.Minute + 31*time.Second, 471, 7},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			worker := function(stack, "Worker")
			if c.props.Worker != nil {
				c.props.Worker = worker
			} else {
				c.props.Callback = &mapjob.Callback{Worker: worker}
			}
			mapjob.New(stack, jsii.String("Job"), &c.props)
			template := synthesis.Synthesize(t, stack)
			definition := template.Definition(t, template.Only(t, machineType))
			task := state(t, definition, append(append([]string{"States", "Map"}, strings.Split(c.worker, ".")...), "States", "Worker")...)
			tries, longest := 1, 0.0
			for i, retrier := range task["Retry"].([]any) {
				retrier := retrier.(map[string]any)
				attempts := retrier["MaxAttempts"].(float64)
				tries += int(attempts)
				for n := range int(attempts) {
					if i == 0 {
						longest += min(retrier["MaxDelaySeconds"].(float64), math.Pow(2, float64(n)))
					}
				}
			}
			if got := time.Duration(longest) * time.Second; got != c.longest {
				t.Errorf("got retries of throttles for %s, expected %s", got, c.longest)
			}
			if events := c.items * (c.perItem + 3*tries); events > 24_500 {
				t.Errorf("got up to %d events of %d items, expected at most 24,500", events, c.items)
			}
			if limit := fmt.Sprintf("$count($items) > %d or", c.items); name == "Inline" && !strings.Contains(fmt.Sprint(state(t, definition, "States", "CheckItems")), limit) {
				t.Errorf("got %v, expected the most items to be %d", state(t, definition, "States", "CheckItems"), c.items)
			}
		})
	}
}

// The retries of the worker and the looks for the lock take room in the history.
func TestInlineJobWithMoreEventsTakesFewerItems(t *testing.T) {
	for most, props := range map[int]mapjob.Props{
		471: {}, 532: {WorkerRetries: jsii.Number(0)}, 71: {WorkerRetries: jsii.Number(99)},
		433: {Overlap: &joblock.Wait{}}, 323: {Overlap: &joblock.Wait{Limit: awscdk.Duration_Hours(jsii.Number(8)), PollEvery: awscdk.Duration_Minutes(jsii.Number(1))}},
	} {
		stack := synthesis.Stack(t)
		props.Worker, props.Mode = function(stack, "Worker"), &mapjob.Inline{}
		mapjob.New(stack, jsii.String("Job"), &props)
		template := synthesis.Synthesize(t, stack)
		if text := template.DefinitionText(t, template.Only(t, machineType)); !strings.Contains(text, fmt.Sprintf("$count($items) > %d or", most)) {
			t.Errorf("got no limit of %d items in the definition of %+v", most, props)
		}
	}
}

func TestSynthWarnsOfMoreConcurrencyThanTheWorkerReserves(t *testing.T) {
	for name, c := range map[string]struct {
		reserved *float64
		alias    bool
		props    mapjob.Props
		expected string
	}{
		"as many":          {jsii.Number(100), false, mapjob.Props{}, ""},
		"nothing reserved": {nil, false, mapjob.Props{}, ""},
		"more":             {jsii.Number(99), false, mapjob.Props{}, "Mode.MaxConcurrency: got 100, which is up to 100 workers at once, expected at most the worker's reserved concurrency of 99"},
		"of an alias":      {jsii.Number(10), true, mapjob.Props{Mode: &mapjob.ByReference{MaxConcurrency: jsii.Number(11)}}, "got 11, which is up to 11 workers at once, expected at most the worker's reserved concurrency of 10"},
		"inline":           {jsii.Number(39), false, mapjob.Props{Mode: &mapjob.Inline{}}, "got 40, which is up to 40 workers at once, expected at most the worker's reserved concurrency of 39"},
		"item by item":     {jsii.Number(20), false, mapjob.Props{Callback: &mapjob.Callback{}, Mode: &mapjob.Distributed{MaxConcurrency: jsii.Number(3), BatchSize: jsii.Number(8)}}, "got 3, which is up to 24 workers at once"},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			var worker awslambda.IFunction = gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{Entry: jsii.String("lambdas/worker"), ReservedConcurrency: c.reserved})
			if c.alias {
				worker = awslambda.NewAlias(stack, jsii.String("Live"), &awslambda.AliasProps{AliasName: jsii.String("live"), Version: worker.(awslambda.Function).CurrentVersion()})
			}
			if c.props.Callback != nil {
				c.props.Callback.Worker = worker
			} else {
				c.props.Worker = worker
			}
			mapjob.New(stack, jsii.String("Job"), &c.props)
			warnings := func(text string) int {
				return len(*assertions.Annotations_FromStack(stack).FindWarning(jsii.String("*"), assertions.Match_StringLikeRegexp(jsii.String(regexp.QuoteMeta(text)))))
			}
			expected := 1
			if c.expected == "" {
				expected = 0
			}
			if all, fitting := warnings("MaxConcurrency"), warnings(cmp.Or(c.expected, "MaxConcurrency")); all != expected || fitting != expected {
				t.Errorf("got %d warnings, %d of them %q, expected %d", all, fitting, c.expected, expected)
			}
		})
	}
}

func TestMapHasAFixedLabel(t *testing.T) {
	stack := synthesis.Stack(t)
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker")})
	template := synthesis.Synthesize(t, stack)
	if label := state(t, template.Definition(t, template.Only(t, machineType)), "States", "Map")["Label"]; label != "Map" {
		t.Errorf("got the label %v, expected Map: metrics and permissions of the children have it in their names", label)
	}
}

// Step Functions logs causes at every level but OFF, with or without data.
func TestNothingIsLoggedUnlessTheLogMayHaveData(t *testing.T) {
	for name, c := range map[string]struct {
		given *bool
		level string
		data  bool
	}{
		"nothing said": {nil, "OFF", false}, "refused": {jsii.Bool(false), "OFF", false}, "asked for": {jsii.Bool(true), "ALL", true},
	} {
		stack := synthesis.Stack(t)
		mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker"), LogData: c.given})
		template := synthesis.Synthesize(t, stack)
		machine := template.Only(t, machineType)
		log, _ := machine.Properties["LoggingConfiguration"].(map[string]any)
		if log["Level"] != c.level || log["IncludeExecutionData"] != c.data {
			t.Errorf("%s: got %v, expected the level %s, and data %t", name, log, c.level, c.data)
		}
		text, err := json.Marshal(template.Definition(t, machine))
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(string(text), `"logData":true`); told != c.data {
			t.Errorf("%s: got functions that may log data: %t, expected %t", name, told, c.data)
		}
	}
}

func TestJobsInOneStackDoNotCollide(t *testing.T) {
	stack := synthesis.Stack(t)
	worker := function(stack, "Worker")
	for i := range 20 {
		props := []mapjob.Props{
			{Worker: worker}, {Worker: worker, Mode: &mapjob.Inline{}}, {Worker: worker, Mode: &mapjob.ByReference{}},
			{Worker: worker, Overlap: &joblock.Replace{}}, {Callback: &mapjob.Callback{Worker: worker}},
		}[i%5]
		mapjob.New(stack, jsii.String(fmt.Sprintf("Job%d", i)), &props)
	}
	if n := len(synthesis.Synthesize(t, stack).OfType(machineType)); n != 20 {
		t.Errorf("got %d state machines, expected 20", n)
	}
}

func TestResultsAreWrittenWithoutTheFeatureFlag(t *testing.T) {
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
	mode := &mapjob.Distributed{}
	props := &mapjob.Props{Worker: function(stack, "Worker"), Mode: mode}
	mapjob.New(stack, jsii.String("Job"), props)
	if mode.BatchSize != nil || props.Name != nil || props.ResultsBucket != nil || props.Summary != nil {
		t.Errorf("got %+v, expected the caller's props as they were", props)
	}
}

func TestBadProps(t *testing.T) {
	stack := synthesis.Stack(t)
	worker := function(stack, "Worker")
	slow := gofunction.New(stack, jsii.String("Slow"), &gofunction.Props{Entry: jsii.String("lambdas/worker"), Timeout: awscdk.Duration_Minutes(jsii.Number(10))})
	bucket := awss3.Bucket_FromBucketName(stack, jsii.String("Bucket"), jsii.String("our-bucket"))
	table := awsdynamodb.Table_FromTableName(stack, jsii.String("Table"), jsii.String("our-locks"))
	minute, hour, day := awscdk.Duration_Minutes(jsii.Number(1)), awscdk.Duration_Hours(jsii.Number(1)), awscdk.Duration_Days(jsii.Number(1))
	token := awscdk.NewCfnParameter(stack, jsii.String("Parameter"), &awscdk.CfnParameterProps{Type: jsii.String("Number")}).ValueAsNumber()
	fifo := awssns.NewTopic(awscdk.NewStack(nil, jsii.String("Other"), nil), jsii.String("Topic"), &awssns.TopicProps{Fifo: jsii.Bool(true)})
	passes := func(scope constructs.Construct) awsstepfunctions.IChainable {
		return awsstepfunctions.Pass_Jsonata(scope, jsii.String("Pass"), nil)
	}
	inJSONPath := func(scope constructs.Construct) awsstepfunctions.IChainable {
		return awsstepfunctionstasks.NewLambdaInvoke(scope, jsii.String("Invoke"), &awsstepfunctionstasks.LambdaInvokeProps{LambdaFunction: worker, OutputPath: jsii.String("$.Payload")})
	}
	waits := func(scope constructs.Construct) awsstepfunctions.IChainable {
		return awsstepfunctions.Wait_Jsonata(scope, jsii.String("Rest"), &awsstepfunctions.WaitJsonataProps{Time: awsstepfunctions.WaitTime_Duration(hour)})
	}
	asks := func(scope constructs.Construct) awsstepfunctions.IChainable {
		return awsstepfunctionstasks.LambdaInvoke_Jsonata(scope, jsii.String("Ask"), &awsstepfunctionstasks.LambdaInvokeJsonataProps{
			LambdaFunction: worker, IntegrationPattern: awsstepfunctions.IntegrationPattern_WAIT_FOR_TASK_TOKEN,
			Payload: awsstepfunctions.TaskInput_FromObject(&map[string]any{"token": "{% $states.context.Task.Token %}"})})
	}
	inBatches := func(d mapjob.Distributed) *mapjob.Props { return &mapjob.Props{Worker: worker, Mode: &d} }
	express := &mapjob.Distributed{Children: mapjob.ExpressChildren}
	from := func(source mapjob.Source) *mapjob.Props { return &mapjob.Props{Worker: worker, Source: source} }
	asked := func(c mapjob.Callback) *mapjob.Props {
		c.Worker = worker
		return &mapjob.Props{Callback: &c}
	}
	for name, c := range map[string]struct {
		props    *mapjob.Props
		expected []string
	}{
		"no props":              {nil, []string{"Worker, Callback, Processor: got 0 of them, expected one"}},
		"unknown children":      {inBatches(mapjob.Distributed{Children: "Fast"}), []string{`Mode.Children: got "Fast", expected "Standard" or "Express"`}},
		"too concurrent":        {inBatches(mapjob.Distributed{MaxConcurrency: jsii.Number(10001)}), []string{"Mode.MaxConcurrency: got 10001, expected a whole number from 1 to 10000"}},
		"not concurrent":        {inBatches(mapjob.Distributed{MaxConcurrency: jsii.Number(0)}), []string{"Mode.MaxConcurrency: got 0, expected"}},
		"half concurrent":       {inBatches(mapjob.Distributed{MaxConcurrency: jsii.Number(1.5)}), []string{"Mode.MaxConcurrency: got 1.5, expected a whole number"}},
		"too concurrent inline": {&mapjob.Props{Worker: worker, Mode: &mapjob.Inline{MaxConcurrency: jsii.Number(41)}}, []string{"Mode.MaxConcurrency: got 41, expected a whole number from 1 to 40"}},
		"too concurrent chunks": {&mapjob.Props{Worker: worker, Mode: &mapjob.ByReference{MaxConcurrency: jsii.Number(10001)}}, []string{"Mode.MaxConcurrency: got 10001"}},
		"inline from a bucket":  {&mapjob.Props{Worker: worker, Mode: &mapjob.Inline{}, Source: &mapjob.CSV{Bucket: bucket}}, []string{"Source: got *mapjob.CSV in an Inline job, whose items are in its data, expected *mapjob.InputList or nil"}},
		"by reference from the input": {&mapjob.Props{Worker: worker, Mode: &mapjob.ByReference{}, Source: &mapjob.InputList{}},
			[]string{"Source: got *mapjob.InputList with ByReference, expected Distributed"}},
		"by reference to a processor": {&mapjob.Props{Processor: passes, Mode: &mapjob.ByReference{}}, []string{"Mode: got ByReference with a Callback or a Processor"}},
		"by reference to a callback":  {&mapjob.Props{Callback: &mapjob.Callback{Worker: worker}, Mode: &mapjob.ByReference{}}, []string{"Mode: got ByReference with a Callback or a Processor"}},
		"worker and processor":        {&mapjob.Props{Worker: worker, Processor: passes}, []string{"Worker, Callback, Processor: got 2 of them, expected one"}},
		"retries of a processor":      {&mapjob.Props{Processor: passes, WorkerRetries: jsii.Number(3)}, []string{"WorkerRetries: got 3 without a Worker, expected nil"}},
		"retries of a callback":       {&mapjob.Props{Callback: &mapjob.Callback{Worker: worker}, WorkerRetries: jsii.Number(2)}, []string{"WorkerRetries: got 2 without a Worker, expected nil"}},
		"callback without a worker":   {&mapjob.Props{Callback: &mapjob.Callback{}}, []string{"Callback.Worker: got nothing, expected the function that passes on task tokens"}},
		"callback of express":         {&mapjob.Props{Callback: &mapjob.Callback{Worker: worker}, Mode: express}, []string{`Mode.Children: got "Express" with a Callback, expected "Standard"`}},
		"callback without time":       {asked(mapjob.Callback{Timeout: awscdk.Duration_Seconds(jsii.Number(0))}), []string{"Callback.Timeout: got 0 s, expected whole seconds from 1 s to 365 days"}},
		"heart that does not beat":    {asked(mapjob.Callback{Timeout: minute, Heartbeat: minute}), []string{"Callback.Heartbeat: got 60 s, expected less than the Timeout of 60 s"}},
		"no beat within the default":  {asked(mapjob.Callback{Heartbeat: awscdk.Duration_Hours(jsii.Number(2))}), []string{"Callback.Heartbeat: got 7200 s, expected less than the Timeout of 3600 s"}},
		"an answer after the end":     {asked(mapjob.Callback{Timeout: day}), []string{"Callback.Timeout: got 86400 s, expected less than the Timeout of 86400 s"}},
		"an answer after a short end": {&mapjob.Props{Callback: &mapjob.Callback{Worker: worker}, Timeout: minute}, []string{"Callback.Timeout: got 3600 s, expected less than the Timeout of 60 s"}},
		"key without a bucket":        {from(&mapjob.JSON{Key: jsii.String("items.json")}), []string{`Source.Key: got "items.json" without a Bucket`}},
		"list of no bucket":           {from(&mapjob.ObjectList{}), []string{"Source.Bucket: got nothing, expected the bucket whose objects are the items"}},
		"pointer without a slash":     {from(&mapjob.JSON{ItemsPointer: jsii.String("orders")}), []string{`Source.ItemsPointer: got "orders", expected a JSON Pointer of the array, such as /orders`}},
		"pointer to the whole":        {from(&mapjob.JSON{ItemsPointer: jsii.String("")}), []string{`Source.ItemsPointer: got ""`, "or nil if the array is the whole object"}},
		"pointer with a tilde":        {from(&mapjob.JSON{ItemsPointer: jsii.String("/a~b")}), []string{`Source.ItemsPointer: got "/a~b"`}},
		"pointer that ends in one":    {from(&mapjob.JSON{ItemsPointer: jsii.String("/a/~")}), []string{`Source.ItemsPointer: got "/a/~"`}},
		"JSONPath":                    {from(&mapjob.JSON{ItemsPointer: jsii.String("$.orders")}), []string{`Source.ItemsPointer: got "$.orders"`}},
		"no headers":                  {from(&mapjob.CSV{Headers: jsii.Strings()}), []string{"Source.Headers: got an empty list, expected the names of the columns"}},
		"more than all items":         {from(&mapjob.JSONLines{MaxItems: jsii.Number(1e9)}), []string{"Source.MaxItems: got 1000000000, expected a whole number from 1 to 100000000"}},
		"chunks of the own results":   {&mapjob.Props{Worker: worker, Mode: &mapjob.ByReference{}, ResultsBucket: bucket, Source: &mapjob.ObjectList{Bucket: bucket}}, []string{"Source.Bucket: got the ResultsBucket"}},
		"two sources of items":        {&mapjob.Props{Worker: worker, JobStart: worker, Source: &mapjob.JSONLines{}}, []string{"Source: got one with a JobStart"}},
		"too many for a history": {&mapjob.Props{Callback: &mapjob.Callback{Worker: worker}, Mode: &mapjob.Distributed{BatchSize: jsii.Number(1001)}},
			[]string{"Mode.BatchSize with a Callback or a Processor: got 1001, expected a whole number from 1 to 1000"}},
		"too much in a batch":      {inBatches(mapjob.Distributed{BatchBytes: jsii.Number(262_144)}), []string{"Mode.BatchBytes: got 262144, expected a whole number from 1 to 245760"}},
		"empty batches":            {inBatches(mapjob.Distributed{BatchSize: jsii.Number(0)}), []string{"Mode.BatchSize: got 0, expected a whole number from 1"}},
		"empty chunks":             {&mapjob.Props{Worker: worker, JobStart: worker, Mode: &mapjob.ByReference{ChunkSize: jsii.Number(0)}}, []string{"Mode.ChunkSize: got 0, expected a whole number from 1"}},
		"tolerates half an item":   {&mapjob.Props{Worker: worker, ToleratedFailureCount: jsii.Number(0.5)}, []string{"ToleratedFailureCount: got 0.5, expected a whole number"}},
		"tolerates more than all":  {&mapjob.Props{Worker: worker, ToleratedFailurePercentage: jsii.Number(101)}, []string{"ToleratedFailurePercentage: got 101, expected a number from 0 to 100"}},
		"tolerates less than none": {&mapjob.Props{Worker: worker, ToleratedFailurePercentage: jsii.Number(-1)}, []string{"ToleratedFailurePercentage: got -1"}},
		"tolerates a parameter": {&mapjob.Props{Worker: worker, ToleratedFailureCount: token, ToleratedFailurePercentage: token, WorkerRetries: token},
			[]string{"ToleratedFailureCount: got a token", "ToleratedFailurePercentage: got a token", "WorkerRetries: got a token"}},
		"negative retries":            {&mapjob.Props{Worker: worker, WorkerRetries: jsii.Number(-1)}, []string{"WorkerRetries: got -1, expected a whole number from 0 to 99"}},
		"table without a lock":        {&mapjob.Props{Worker: worker, LockTable: table}, []string{"LockTable: got a table without an Overlap, expected both"}},
		"waits until the end":         {&mapjob.Props{Worker: worker, Overlap: &joblock.Wait{Limit: awscdk.Duration_Days(jsii.Number(7))}}, []string{"Overlap.Limit: got 604800 s, expected less than the Timeout of 86400 s"}},
		"waits by default to the end": {&mapjob.Props{Worker: worker, Overlap: &joblock.Wait{}, Timeout: hour}, []string{"Overlap.Limit: got 3600 s, expected less than the Timeout of 3600 s"}},
		"waits and never looks":       {&mapjob.Props{Worker: worker, Overlap: &joblock.Wait{Limit: minute, PollEvery: hour}}, []string{"Overlap.Limit: got 60 s, expected at least PollEvery, which is 3600 s"}},
		"waits for a parameter":       {&mapjob.Props{Worker: worker, Overlap: &joblock.Wait{Limit: awscdk.Duration_Seconds(token)}}, []string{"Overlap.Limit: got a token, expected a duration that is known at synth"}},
		"too long":                    {&mapjob.Props{Worker: worker, Timeout: awscdk.Duration_Days(jsii.Number(400))}, []string{"Timeout: got 34560000 s, expected whole seconds from 1 s to 365 days"}},
		"options of a given bucket":   {&mapjob.Props{Worker: worker, ResultsBucket: bucket, Results: &mapjob.ResultsProps{Expiry: day}}, []string{"Results: got options of a new bucket with a ResultsBucket, expected one of them"}},
		"expires while it runs":       {&mapjob.Props{Worker: worker, Timeout: awscdk.Duration_Days(jsii.Number(3)), Results: &mapjob.ResultsProps{Expiry: day}}, []string{"Results.Expiry: got 86400 s, expected at least the Timeout of 259200 s"}},
		"expires at noon":             {&mapjob.Props{Worker: worker, Results: &mapjob.ResultsProps{Expiry: awscdk.Duration_Hours(jsii.Number(36))}}, []string{"Results.Expiry: got 129600 s, expected whole days"}},
		"no name":                     {&mapjob.Props{Worker: worker, Name: jsii.String("")}, []string{`Name: got "", expected 1 to 80 characters of ASCII`}},
		"a blank name":                {&mapjob.Props{Worker: worker, Name: jsii.String(" ")}, []string{`Name: got " ", expected 1 to 80 characters of ASCII`}},
		"a name for no metric":        {&mapjob.Props{Worker: worker, Name: jsii.String("Nächtlich")}, []string{`Name: got "Nächtlich", expected 1 to 80 characters of ASCII`}},
		"a name of two lines":         {&mapjob.Props{Worker: worker, Name: jsii.String("Nightly\nReport")}, []string{`Name: got "Nightly\nReport", expected 1 to 80 characters of ASCII`}},
		"a name for no subject":       {&mapjob.Props{Worker: worker, Name: jsii.String(strings.Repeat("n", 81))}, []string{`Name: got "nnn`, "expected 1 to 80 characters of ASCII"}},
		"messages in order":           {&mapjob.Props{Worker: worker, Notify: fifo}, []string{"Notify: got a FIFO topic, expected a standard topic"}},
		"express and slow":            {&mapjob.Props{Worker: slow, Mode: express}, []string{`Mode.Children: got "Express" with a worker timeout of 600 s, expected at most 300 s`}},
		"slow chunks of express":      {&mapjob.Props{Worker: slow, Mode: &mapjob.ByReference{Children: mapjob.ExpressChildren}}, []string{`Mode.Children: got "Express" with a worker timeout of 600 s`}},
		"a version of a slow one":     {&mapjob.Props{Worker: slow.CurrentVersion(), Mode: express}, []string{`Mode.Children: got "Express" with a worker timeout of 600 s`}},
		"an alias of a slow one":      {&mapjob.Props{Worker: slow.AddAlias(jsii.String("live"), nil), Mode: express}, []string{`Mode.Children: got "Express" with a worker timeout of 600 s`}},
		"states in JSONPath":          {&mapjob.Props{Processor: inJSONPath}, []string{`Processor: got state "Invoke" with OutputPath, which is JSONPath, expected JSONata`}},
		"express that rests":          {&mapjob.Props{Processor: waits, Mode: express}, []string{`Processor: got state "Rest", which waits too long, with "Express" Children, expected "Standard"`}},
		"express that asks":           {&mapjob.Props{Processor: asks, Mode: express}, []string{`Processor: got state "Ask", which waits for an answer, with "Express" Children, expected "Standard"`}},
		"all at once": {&mapjob.Props{Mode: &mapjob.Distributed{Children: "X", BatchSize: jsii.Number(-1)}, ToleratedFailurePercentage: jsii.Number(200)},
			[]string{"Worker, Callback, Processor: got 0", "Mode.Children: got", "Mode.BatchSize: got -1", "ToleratedFailurePercentage: got 200"}},
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

// Without a Name the construct's ID is the dimension of the job's metrics.
func TestIDIsCheckedAsAName(t *testing.T) {
	stack := synthesis.Stack(t)
	worker := function(stack, "Worker")
	message := synthesis.Panics(t, func() {
		mapjob.New(stack, jsii.String("Nächtlich"), &mapjob.Props{Worker: worker})
	})
	if expected := `Name: got "Nächtlich", expected 1 to 80 characters of ASCII`; !strings.Contains(message, expected) {
		t.Errorf("got %q, expected it to contain %q", message, expected)
	}
	if stack.Node().TryFindChild(jsii.String("Nächtlich")) != nil {
		t.Error("got a job, expected none to be created from bad props")
	}
}

// By reference the Map counts chunks, and the last one is smaller than the others.
// The verdict counts items.
func TestChunksAreNotCountedAsItems(t *testing.T) {
	for _, c := range []struct{ tolerated, byMap any }{{20.0, 100.0}, {0.0, nil}, {nil, nil}} {
		stack := synthesis.Stack(t)
		props := &mapjob.Props{JobStart: function(stack, "JobStart"), Worker: function(stack, "Worker"), Mode: &mapjob.ByReference{}}
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

// Items in a bucket that the input names are read by the Map or the job's chunker.
// The summary has what failed from the outcomes.
func TestInputBucketsReachEveryReader(t *testing.T) {
	for name, c := range map[string]struct {
		props   func(awscdk.Stack) *mapjob.Props
		readers []string
	}{
		"by value": {func(s awscdk.Stack) *mapjob.Props { return &mapjob.Props{Worker: function(s, "Worker")} },
			[]string{"JobRole"}},
		"by reference": {func(s awscdk.Stack) *mapjob.Props {
			return &mapjob.Props{Worker: function(s, "Worker"), Mode: &mapjob.ByReference{}}
		}, []string{"JobChunkerRole"}},
	} {
		stack := synthesis.Stack(t)
		props := c.props(stack)
		props.Source = &mapjob.CSV{InputBuckets: []awss3.IBucket{awss3.Bucket_FromBucketName(stack, jsii.String("Partner"), jsii.String("partners-items"))}}
		mapjob.New(stack, jsii.String("Job"), props)
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

// An input that names any object of the results bucket would name those of other
// jobs, however an app has imported the bucket.
func TestInputsNameNoObjectsOfOtherJobs(t *testing.T) {
	stack := synthesis.Stack(t)
	results := awss3.Bucket_FromBucketName(stack, jsii.String("Results"), jsii.String("shared"))
	again := awss3.Bucket_FromBucketName(stack, jsii.String("Again"), jsii.String("shared"))
	other := awss3.Bucket_FromBucketName(stack, jsii.String("Other"), jsii.String("other"))
	const wholeBucket, ofInput = "Source.Bucket: got the ResultsBucket without a Key", "Source.InputBuckets: got the ResultsBucket"
	for name, c := range map[string]struct {
		source  mapjob.Source
		refused string // "": it is not
	}{
		"the results bucket":             {&mapjob.JSONLines{Bucket: results}, wholeBucket},
		"imported twice":                 {&mapjob.JSON{Bucket: again}, wholeBucket},
		"a list of it":                   {&mapjob.ObjectList{Bucket: results}, wholeBucket},
		"one object of it":               {&mapjob.CSV{Bucket: results, Key: jsii.String("rows.csv")}, ""},
		"among the buckets of the input": {&mapjob.CSV{InputBuckets: []awss3.IBucket{other, again}}, ofInput},
		"other buckets":                  {&mapjob.Inventory{InputBuckets: []awss3.IBucket{other}}, ""},
		"both":                           {&mapjob.JSON{Bucket: other, InputBuckets: []awss3.IBucket{other}}, "Source.InputBuckets: got 1 bucket with a Bucket"},
		"no bucket":                      {&mapjob.JSON{InputBuckets: []awss3.IBucket{nil}}, "Source.InputBuckets: got nil in the list"},
	} {
		t.Run(name, func(t *testing.T) {
			id := jsii.String("Job " + name)
			create := func() {
				mapjob.New(stack, id, &mapjob.Props{Worker: function(stack, "Worker "+name), ResultsBucket: results, Source: c.source})
			}
			if c.refused == "" {
				create()
			} else if message := synthesis.Panics(t, create); !strings.Contains(message, c.refused) {
				t.Errorf("got %q, expected it to contain %q", message, c.refused)
			}
		})
	}
}

// The Map may read in the job's own folder, and write results there, and no more.
func TestMapHasPermissionsInItsOwnFolderOnly(t *testing.T) {
	for name, source := range map[string]mapjob.Source{"of the input": nil, "of a bucket's object": &mapjob.CSV{InputBuckets: nil}, "a list": &mapjob.InputList{}} {
		stack := synthesis.Stack(t)
		results := awss3.Bucket_FromBucketName(stack, jsii.String("Results"), jsii.String("shared"))
		mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker"), ResultsBucket: results, Source: source})
		template := synthesis.Synthesize(t, stack)
		for id, policy := range template.OfType("AWS::IAM::Policy") {
			text, err := json.Marshal(policy.Properties["PolicyDocument"])
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), `:s3:::shared/*"`) || !strings.Contains(string(text), ":s3:::shared") && strings.HasPrefix(id, "JobMapAccess") {
				t.Errorf("%s: got %s in %s, expected permissions in the job's own folder", name, text, id)
			}
		}
	}
}

// The Map of reruns has the states of the other one, under names of its own, however
// those are called and nested.
func TestMapOfRerunsHasTheSameStates(t *testing.T) {
	stack := synthesis.Stack(t)
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Source: &mapjob.InputList{}, Processor: func(scope constructs.Construct) awsstepfunctions.IChainable {
		pass := func(name string) awsstepfunctions.Pass {
			return awsstepfunctions.Pass_Jsonata(scope, jsii.String(name), nil)
		}
		many := awsstepfunctions.DistributedMap_Jsonata(scope, jsii.String("Many"), &awsstepfunctions.DistributedMapJsonataProps{
			Items: awsstepfunctions.ProvideItems_Jsonata(jsii.String("{% [$states.input] %}")), Label: jsii.String("Many")})
		many.ItemProcessor(awsstepfunctions.Parallel_Jsonata(scope, jsii.String("Both"), nil).Branch(pass("Left"), pass("RerunLeft")), nil)
		check := awsstepfunctions.Choice_Jsonata(scope, jsii.String("Check"), nil)
		check.When(awsstepfunctions.Condition_Jsonata(jsii.String("{% true %}")), many.Next(pass("Done")), nil)
		many.AddCatch(pass("NotAllowed"), nil)
		return check.Otherwise(pass("RerunCheck"))
	}})
	template := synthesis.Synthesize(t, stack)
	states := state(t, template.Definition(t, template.Only(t, machineType)), "States")
	text := func(name string) string {
		text, err := json.Marshal(state(t, states, name)["ItemProcessor"])
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	got := text("RerunMap")
	if plain := strings.ReplaceAll(got, "RerunRerun", ""); plain != text("Map") {
		t.Errorf("got the states\n%s\nexpected those of the Map with names of their own\n%s", got, text("Map"))
	}
	for _, expected := range []string{`"StartAt":"RerunRerunEachItem"`, `"RerunRerunRerunLeft":{`, `"Label":"RerunRerunMany"`, `"Default":"RerunRerunRerunCheck"`, `"Next":"RerunRerunNotAllowed"`} {
		if !strings.Contains(got, expected) {
			t.Errorf("got the states\n%s\nexpected %s", got, expected)
		}
	}
}

// A batch size that CloudFormation knows is one in the expressions of a rerun too.
func TestUnknownBatchSizesAreAccepted(t *testing.T) {
	for name, source := range map[string]mapjob.Source{"JSON Lines": &mapjob.JSONLines{}, "a list": &mapjob.InputList{}} {
		stack := synthesis.Stack(t)
		size := awscdk.NewCfnParameter(stack, jsii.String("Size"), &awscdk.CfnParameterProps{Type: jsii.String("Number")}).ValueAsNumber()
		mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker"), Source: source, Mode: &mapjob.Distributed{BatchSize: size}})
		template := synthesis.Synthesize(t, stack)
		text := template.DefinitionText(t, template.Only(t, machineType))
		if !strings.Contains(text, "$min([${Size}, $jobRerun.batchSize])") || strings.Contains(text, "e+308") {
			t.Errorf("%s: got %s, expected the parameter in the expression of the batch size", name, text)
		}
	}
}

// The children of a rerun's own Map are executions of another state machine.
func TestMapOfRerunsMayStopItsChildren(t *testing.T) {
	stack := synthesis.Stack(t)
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: function(stack, "Worker"), Source: &mapjob.InputList{}})
	text, err := json.Marshal(synthesis.Synthesize(t, stack).OfType("AWS::IAM::Policy"))
	if err != nil {
		t.Fatal(err)
	}
	const actions = `"Action":["states:DescribeExecution","states:RedriveExecution","states:StopExecution"]`
	if at := strings.Index(string(text), actions); at < 0 || !strings.Contains(string(text)[at:at+600], `/RerunMap:*"`) {
		t.Errorf("got %s, expected leave to stop and redrive the children of RerunMap", text)
	}
}

// The job can't extend the role of an imported function, and warns about it.
func TestImportedFunctionsCauseWarnings(t *testing.T) {
	stack := synthesis.Stack(t)
	imported := awslambda.Function_FromFunctionArn(stack, jsii.String("Imported"), jsii.String("arn:aws:lambda:eu-central-1:123456789012:function:worker"))
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Worker: imported})
	warnings := assertions.Annotations_FromStack(stack).FindWarning(jsii.String("/Test/Job"), assertions.Match_StringLikeRegexp(jsii.String("WorkerAccess: got an imported function.*in Test/Job/Results, s3:PutObject, s3:AbortMultipartUpload on its objects .*outcomes")))
	if len(*warnings) != 1 {
		t.Errorf("got %d warnings, expected one that names what the worker's owner has to allow", len(*warnings))
	}
}

func TestStatesInsideStatesAreChecked(t *testing.T) {
	stack := synthesis.Stack(t)
	inside := func(scope constructs.Construct) awsstepfunctions.IChainable {
		return awsstepfunctions.Parallel_Jsonata(scope, jsii.String("Both"), nil).Branch(
			awsstepfunctions.NewPass(scope, jsii.String("Old"), &awsstepfunctions.PassProps{InputPath: jsii.String("$.item")}))
	}
	message := synthesis.Panics(t, func() { mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Processor: inside}) })
	if expected := `Test/Job: Processor: got state "Old" with InputPath, which is JSONPath, expected JSONata`; !strings.Contains(message, expected) {
		t.Errorf("got %q, expected it to contain %q", message, expected)
	}
}

// A task token belongs to a child of the Map.
func TestTaskResponseGrantIncludesChildren(t *testing.T) {
	stack := synthesis.Stack(t)
	bank := function(stack, "Bank")
	job := mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Callback: &mapjob.Callback{Worker: function(stack, "Worker")}})
	job.GrantTaskResponse(bank)
	synthesis.AddNag(stack)
	template := synthesis.Synthesize(t, stack)
	for _, f := range synthesis.Nag(t, stack) {
		if f.RuleID == "AwsSolutions-IAM5" && f.Compliance == "Non-Compliant" {
			t.Errorf("got the finding %s of %s, expected it to be accepted there", f.RuleID, f.ResourceID)
		}
	}
	text, err := json.Marshal(template.OfType("AWS::IAM::Policy"))
	if err != nil {
		t.Fatal(err)
	}
	const expected = `"Action":["states:SendTaskFailure","states:SendTaskHeartbeat","states:SendTaskSuccess"],"Effect":"Allow","Resource":[{"Fn::Join":["",[{"Ref":"JobStateMachine`
	if at := strings.Index(string(text), expected); at < 0 || !strings.Contains(string(text)[at:at+300], `"},"/*"]]},{"Ref":"JobStateMachine`) {
		t.Errorf("got %s, expected leave to answer the tokens of the state machine and of its children", text)
	}
}

func TestUnknownTimesAreAccepted(t *testing.T) {
	stack := synthesis.Stack(t)
	hours := awscdk.Duration_Hours(awscdk.NewCfnParameter(stack, jsii.String("Hours"), &awscdk.CfnParameterProps{Type: jsii.String("Number")}).ValueAsNumber())
	seconds := awscdk.Duration_Seconds(awscdk.NewCfnParameter(stack, jsii.String("Seconds"), &awscdk.CfnParameterProps{Type: jsii.String("Number")}).ValueAsNumber())
	message := synthesis.Panics(t, func() {
		mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Timeout: seconds, Callback: &mapjob.Callback{Timeout: hours, Heartbeat: awscdk.Duration_Minutes(jsii.Number(1))}})
	})
	if message != "Test/Job: Callback.Worker: got nothing, expected the function that passes on task tokens" {
		t.Errorf("got %q, expected only the missing worker to be refused", message)
	}
}

// "With a customer key: the role needs GenerateDataKey and Decrypt, a kms:ViaService
// condition breaks it, … and logs need Decrypt for delivery.logs.amazonaws.com in the
// key's policy." "A trust condition on aws:SourceArn of state machines breaks Express
// children."
func TestRoleAndKeyLetExecutionsAndTheirLogsUseTheKey(t *testing.T) {
	stack := synthesis.Stack(t)
	mapjob.New(stack, jsii.String("Job"), &mapjob.Props{
		Worker:        function(stack, "Worker"),
		Mode:          &mapjob.Distributed{Children: mapjob.ExpressChildren},
		EncryptionKey: awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)}),
	})
	template := synthesis.Synthesize(t, stack)
	role := strings.Join(template.Statements("JobRole"), "\n")
	if !strings.Contains(role, `"kms:Decrypt","kms:GenerateDataKey"`) {
		t.Errorf("got the statements\n%s\nexpected the state machine to use the key", role)
	}
	key, err := json.Marshal(template.Only(t, "AWS::KMS::Key").Properties["KeyPolicy"])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(key), "delivery.logs.amazonaws.com") {
		t.Errorf("got the key policy %s, expected delivery.logs.amazonaws.com in it", key)
	}
	roles, err := json.Marshal(template.OfType("AWS::IAM::Role"))
	if err != nil {
		t.Fatal(err)
	}
	for _, condition := range []string{"kms:ViaService", "aws:SourceArn"} {
		if strings.Contains(role+string(roles), condition) {
			t.Errorf("got a condition on %s, expected none on what executions need", condition)
		}
	}
}
