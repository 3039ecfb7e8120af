package delivery

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// StepFunctions is what a webhook asks of Step Functions.
type StepFunctions interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
}

// SecretsManager is what a webhook asks of Secrets Manager.
type SecretsManager interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// Clients make the clients when they are first needed: a request that is
// refused for its form costs none.
type Clients struct {
	StepFunctions  func() (StepFunctions, error)
	SecretsManager func() (SecretsManager, error)
}

// AWS are the clients of the AWS SDK, each made once.
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
