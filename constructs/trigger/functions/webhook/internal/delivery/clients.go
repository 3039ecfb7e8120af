package delivery

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// StepFunctions has the calls of Step Functions that a webhook makes.
type StepFunctions interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// SecretsManager has the calls of Secrets Manager that a webhook makes.
type SecretsManager interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// Clients create clients when they are first needed: a request whose form is wrong
// needs none.
type Clients struct {
	StepFunctions  func() (StepFunctions, error)
	SecretsManager func() (SecretsManager, error)
}

// AWS returns the clients of the AWS SDK, each created once.
func AWS() Clients {
	configuration := sync.OnceValues(func() (aws.Config, error) { return config.LoadDefaultConfig(context.Background()) })
	return Clients{
		StepFunctions: sync.OnceValues(func() (StepFunctions, error) {
			c, err := configuration()
			return sfn.NewFromConfig(c), err
		}),
		SecretsManager: sync.OnceValues(func() (SecretsManager, error) {
			c, err := configuration()
			return secretsmanager.NewFromConfig(c), err
		}),
	}
}
