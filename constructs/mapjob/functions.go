package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/gofunction"
)

// functions are the functions of a job: those of the props, and those that the job
// brings along.
type functions struct {
	jobStart awslambda.IFunction // nil if the Map reads the items of the Source itself
	worker   awslambda.IFunction // nil if there is a Processor
	summary  awslambda.IFunction // nil if an Inline job only counts its items
	rerun    awslambda.IFunction // reads the items of a rerun; nil if the Map does, or the jobStart
}

// newFunctions creates the functions that the job brings along, and returns all.
func newFunctions(scope constructs.Construct, s *settings) *functions {
	create := func(id, name, description string) awslambda.IFunction {
		return gofunction.New(scope, jsii.String(id), &gofunction.Props{
			Package:     jsii.String("github.com/mapjob/mapjob/constructs/mapjob/functions/" + name),
			Description: jsii.String(description),
			MemoryMB:    jsii.Number(1024), // and with it processor time: only these functions see every item
			Timeout:     awscdk.Duration_Minutes(jsii.Number(15)),

			Settings:      s.FunctionSettings,
			LogRetention:  s.LogRetention,
			RemovalPolicy: s.RemovalPolicy,
			EncryptionKey: s.EncryptionKey,
		})
	}
	f := &functions{jobStart: s.JobStart, worker: s.Worker, summary: s.Summary}
	if s.Callback != nil {
		f.worker = s.Callback.Worker
	}
	if s.bringsAccountant() {
		f.summary = create("Accountant", "accountant", "Accounts for every item and reports")
	}
	switch {
	case s.bringsChunker():
		f.jobStart = create("Chunker", "chunker", "Stores the items in chunks")
	case s.bringsRerunReader():
		f.rerun = create("Chunker", "chunker", "Reads the items of a rerun")
	}
	return f
}
