// Package mapjob creates fan-out jobs on AWS Step Functions. A job is a job start
// that yields items, a Map that passes each item to a worker, and a summary that
// accounts for every item.
//
// The smallest job is a worker:
//
//	mapjob.New(stack, jsii.String("Invoicing"), &mapjob.Props{Worker: worker})
//
// Job start, worker and summary are Lambda functions that you write with package
// job of this module. They know nothing of the state machine.
//
// Props are flat, except for alternatives that exclude each other. Such a prop
// takes one of several structs, each with its own options:
//
//   - [Mode] is how the Map runs: &Distributed{}, &ByReference{} or &Inline{}.
//   - [Source] is where items come from if there is no job start: &JSONLines{},
//     &JSON{}, &CSV{}, &ObjectList{}, &Inventory{} or &InputList{}.
//   - Overlap is what an execution does if another one is running: &joblock.Skip{},
//     &joblock.Wait{}, &joblock.Replace{} or &joblock.Fail{}.
//   - A Worker, a [Callback] or a Processor handles the items.
//
// # Executions
//
// An execution's input is what the job start gets, or names the items of the Source.
// Its output is the summary's account, {"total": n, "succeeded": n, "failed": n,
// "missing": n, "errors": {…}, "report": {"bucket": …, "prefix": …}}. An Inline job
// without a summary has the list of outcomes as its output.
//
// An execution with {"mapjobRerun": {…}} in its input runs failed items of an earlier
// one again, in place of those of the job start or the Source: docs/job.md of this
// module describes it.
//
// An execution fails with MapJob.TooManyFailures if more items failed than the job
// tolerates, and with other errors that begin with MapJob: docs/errors.md of this
// module lists them. Objects of an execution are in the folder
// STATE-MACHINE/EXECUTION/ of the results bucket, its report in report/.
package mapjob
