// Package lambdahost runs real Lambda functions on this machine.
//
// A function is the executable that provided.al2023 starts under the name
// bootstrap, built for this machine. The host starts it, serves the Lambda Runtime
// API to it (AWS Lambda developer guide, "Using the Lambda runtime API for custom
// runtimes") and takes invocations in two ways: from Go by [Host.Invoke], and over
// HTTP at [Host.URL], which the AWS SDK can use as a custom endpoint (AWS Lambda API
// reference, "Invoke").
//
// As in Lambda, a process handles one invocation at a time and is reused. A crash, a
// timeout or, on Linux, too much memory ends the process, and the answer has the payload
// that Lambda would send. A process that fails to initialize is started once more for
// the same invocation. Unlike Lambda, the host does not isolate functions from the
// machine.
//
// The package runs functions on Linux and macOS. It compiles elsewhere, but [New]
// fails there.
package lambdahost
