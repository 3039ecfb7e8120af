// Command nonsense answers what nobody asked for.
package main

import "github.com/aws/aws-lambda-go/lambda"

func main() { lambda.Start(func() (string, error) { return "what items?", nil }) }
