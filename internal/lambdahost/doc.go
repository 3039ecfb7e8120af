// Package lambdahost runs real Lambda functions on this machine.
//
// A function is the executable that provided.al2023 would start under the name
// bootstrap, built for this machine. The host starts it, serves the Lambda
// Runtime API to it (AWS Lambda developer guide, "Using the Lambda runtime API
// for custom runtimes") and takes invocations for it in two ways: by
// [Host.Invoke] from Go, and by HTTP at [Host.URL], where the AWS SDK can call
// it with a custom endpoint (AWS Lambda API reference, "Invoke").
//
// As in Lambda, a process handles one invocation at a time and is kept for the
// next one; a crash or a timeout costs the process, and what went wrong comes
// back in the payload that Lambda itself would have answered with. Other than in
// Lambda, nothing isolates a function from the machine and no memory limit is
// enforced.
//
// The package runs functions on Linux and macOS. It compiles elsewhere, and [New]
// then says that it can't.
package lambdahost
