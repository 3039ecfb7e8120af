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
package mapjob
