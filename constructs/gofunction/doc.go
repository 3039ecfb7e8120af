// Package gofunction creates Lambda functions from Go packages, with the defaults
// of a production function: the provided.al2023 runtime on arm64, a small and
// reproducible binary, active tracing, a log group that expires, an explicit
// memory size and timeout, and a role that may write to that log group and trace,
// and nothing else until something is granted to it.
//
//	worker := gofunction.New(stack, jsii.String("Worker"), &gofunction.Props{
//		Package: jsii.String("example.com/shop/lambdas/worker"),
//	})
//
// The main package calls lambda.Start of aws-lambda-go. The go command of the machine builds the binary when the app is synthesized:
// without cgo, stripped, with trimmed paths and without build identifiers. The
// same sources give the same asset hash in every folder and on every machine.
// `mapjob run` builds it for the machine at hand instead.
package gofunction
