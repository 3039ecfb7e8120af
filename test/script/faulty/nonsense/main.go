// Command nonsense gives an invalid answer.
package main

import "github.com/aws/aws-lambda-go/lambda"

func main() { lambda.Start(func() (string, error) { return "what items?", nil }) }
