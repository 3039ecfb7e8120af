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
// The main package calls lambda.Start of aws-lambda-go. The go command of the
// machine builds the binaries when the app is synthesized, all of an app in one
// `go build`: without cgo, stripped and with trimmed paths. The same sources give
// the same asset hash in every folder and on every machine. Of the machine's Go
// settings, those that find modules count (-mod, -modfile, GOWORK, GOPROXY); flags
// that would change a binary do not.
//
// Functions of a stack that is not bundled, as with `cdk ls`, are not built. `mapjob
// run` builds them for the machine at hand.
package gofunction
