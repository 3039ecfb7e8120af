package protocol

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
	"github.com/mapjob/mapjob/constructs/mapjob"
)

// form is a form of job, and an input with which one of its three items fails.
type form struct {
	name  string
	input string

	// chunked says that items travel by reference, and shown that the execution's
	// output is the list of outcomes: there is no summary.
	chunked, shown bool
	failed         int // how many items fail
}

// canRerun reports whether an execution of the job can be a rerun.
func (f *form) canRerun() bool {
	return !strings.HasPrefix(f.name, "Inline") || f.name == "InlineBucket"
}

// echoState is the state of a Processor that invokes a function with its input.
const echoState = "Echo"

const (
	list    = `[{"id":1},{"id":2,"fail":true},{"id":3}]`
	inInput = `{"items":` + list + `}`
	yielded = `{"list":` + list + `}`
	tokens  = `{"items":[{"Do":"succeed"},{"Do":"decline"},{"Do":"succeed"}]}`
)

// forms lists every form of job.
func forms() []form {
	return []form{
		{name: "Start", input: yielded, failed: 1},
		{name: "StartChunked", input: yielded, chunked: true, failed: 1},
		{name: "StartExpress", input: yielded, failed: 1},
		{name: "StartExpressChunked", input: yielded, chunked: true, failed: 1},
		{name: "Lines", input: `{"items":{"key":"items.jsonl"}}`, failed: 1},
		{name: "LinesChunked", input: `{"items":{"key":"items.jsonl"}}`, chunked: true, failed: 1},
		{name: "SomeLines", input: `{"items":{"key":"items.jsonl"}}`, failed: 1},
		{name: "Array", input: `{}`, failed: 1},
		{name: "ArrayChunked", input: `{}`, chunked: true, failed: 1},
		{name: "Rows", input: `{}`, failed: 1},
		{name: "RowsChunked", input: `{}`, chunked: true, failed: 1},
		{name: "Objects", input: `{"items":{"prefix":"scans/"}}`},
		{name: "ObjectsChunked", input: `{"items":{"prefix":"scans/"}}`, chunked: true},
		{name: "Inventory", input: `{}`},
		{name: "InventoryChunked", input: `{}`, chunked: true},
		{name: "Input", input: inInput, failed: 1},
		{name: "InputExpress", input: inInput, failed: 1},
		{name: "Callback", input: tokens, failed: 1},
		{name: "Processor", input: inInput},
		{name: "ProcessorExpress", input: inInput},
		{name: "Inline", input: inInput, shown: true, failed: 1},
		{name: "InlineStart", input: yielded, shown: true, failed: 1},
		{name: "InlineSummary", input: inInput, failed: 1},
		{name: "InlineBucket", input: inInput, failed: 1},
		{name: "InlineCallback", input: tokens, shown: true, failed: 1},
		{name: "InlineProcessor", input: inInput, shown: true},
	}
}

// jobs creates a job of every form.
func jobs(stack awscdk.Stack) {
	function := func(id, entry string) awslambda.Function {
		return gofunction.New(stack, &id, &gofunction.Props{Entry: &entry})
	}
	worker, teller := function("Worker", "test/jobs/worker"), function("Teller", "test/jobs/teller")
	jobStart, summary := function("JobStart", "test/protocol/jobstart"), function("Summary", "test/jobs/summary")
	echo := function("Echo", "test/protocol/echo")
	in := awss3.NewBucket(stack, jsii.String("In"), nil)
	results := awss3.NewBucket(stack, jsii.String("Results"), nil)

	express := &mapjob.Distributed{Children: mapjob.ExpressChildren}
	chunks := &mapjob.ByReference{ChunkSize: jsii.Number(2)}
	callback := &mapjob.Callback{Worker: teller}
	processor := func(scope constructs.Construct) awsstepfunctions.IChainable {
		return awsstepfunctionstasks.LambdaInvoke_Jsonata(scope, jsii.String(echoState), &awsstepfunctionstasks.LambdaInvokeJsonataProps{
			LambdaFunction: echo, Payload: awsstepfunctions.TaskInput_FromText(jsii.String("{% $states.input %}")), Outputs: "{% $states.result.Payload %}"})
	}
	lines := &mapjob.JSONLines{Bucket: in}
	array := &mapjob.JSON{Bucket: in, Key: jsii.String("items.json")}
	rows := &mapjob.CSV{Bucket: in, Key: jsii.String("items.csv"), Headers: jsii.Strings("id", "fail"),
		Delimiter: awsstepfunctions.CsvDelimiter_SEMICOLON, MaxItems: jsii.Number(3)}
	scans := &mapjob.ObjectList{Bucket: in}
	inventory := &mapjob.Inventory{Bucket: in, Key: jsii.String("inventory/manifest.json")}

	for name, props := range map[string]mapjob.Props{
		"Start":               {Worker: worker, JobStart: jobStart},
		"StartChunked":        {Worker: worker, JobStart: jobStart, Mode: chunks},
		"StartExpress":        {Worker: worker, JobStart: jobStart, Mode: express},
		"StartExpressChunked": {Worker: worker, JobStart: jobStart, Mode: &mapjob.ByReference{Children: mapjob.ExpressChildren}},
		"Lines":               {Worker: worker, Source: lines},
		"LinesChunked":        {Worker: worker, Source: lines, Mode: chunks},
		"SomeLines":           {Worker: worker, Source: &mapjob.JSONLines{Bucket: in, MaxItems: jsii.Number(3)}},
		"Array":               {Worker: worker, Source: array},
		"ArrayChunked":        {Worker: worker, Source: array, Mode: chunks},
		"Rows":                {Worker: worker, Source: rows},
		"RowsChunked":         {Worker: worker, Source: rows, Mode: chunks},
		"Objects":             {Worker: worker, Source: scans},
		"ObjectsChunked":      {Worker: worker, Source: scans, Mode: chunks},
		"Inventory":           {Worker: worker, Source: inventory},
		"InventoryChunked":    {Worker: worker, Source: inventory, Mode: chunks},
		"Input":               {Worker: worker, Source: &mapjob.InputList{}},
		"InputExpress":        {Worker: worker, Source: &mapjob.InputList{}, Mode: express},
		"Callback":            {Callback: callback, Source: &mapjob.InputList{}},
		"Processor":           {Processor: processor, Source: &mapjob.InputList{}},
		"ProcessorExpress":    {Processor: processor, Source: &mapjob.InputList{}, Mode: express},
		"Inline":              {Worker: worker, Mode: &mapjob.Inline{}},
		"InlineStart":         {Worker: worker, Mode: &mapjob.Inline{}, JobStart: jobStart},
		"InlineSummary":       {Worker: worker, Mode: &mapjob.Inline{}, Summary: summary},
		"InlineBucket":        {Worker: worker, Mode: &mapjob.Inline{}, Summary: summary, ResultsBucket: results},
		"InlineCallback":      {Callback: callback, Mode: &mapjob.Inline{}},
		"InlineProcessor":     {Processor: processor, Mode: &mapjob.Inline{}},
	} {
		if _, inline := props.Mode.(*mapjob.Inline); !inline {
			props.ResultsBucket = results
			if name != "Start" { // which has the job's own
				props.Summary = summary
			}
		}
		props.ToleratedFailurePercentage, props.ToleratedFailureCount = jsii.Number(100), jsii.Number(3)
		mapjob.New(stack, &name, &props)
	}
}
