// Package jobtest calls a job's handlers as Lambda and Step Functions do, in a
// plain Go test:
//
//	outcomes := jobtest.Work(t, job.Work(invoices.Write), order, badOrder)
//
// It needs no AWS: items and results are in the payloads, as those of an Inline
// job are. [Start], [Work], [Queue], [Summarize] and [Tasks.Callback] call one
// kind of handler each, with values in and values out. A [Call] sets what the
// handler gets beside its payload, such as the function's timeout, and has the
// same methods, except for Start. [Call.Invoke] calls any handler with any
// payload.
//
// Time passes as it does elsewhere. In a test with testing/synctest, retries and
// timeouts take none.
//
// A handler that uses AWS itself, such as one with job.Once, gets a client of a
// server that runs in the test by an option of package job.
package jobtest
