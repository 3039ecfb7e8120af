// Package taskapi is the part of the API of Step Functions by which a task
// token is answered: that of AWS, or in a test that of the test.
package taskapi

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// API is what answers task tokens.
type API interface {
	SendTaskSuccess(context.Context, *sfn.SendTaskSuccessInput, ...func(*sfn.Options)) (*sfn.SendTaskSuccessOutput, error)
	SendTaskFailure(context.Context, *sfn.SendTaskFailureInput, ...func(*sfn.Options)) (*sfn.SendTaskFailureOutput, error)
	SendTaskHeartbeat(context.Context, *sfn.SendTaskHeartbeatInput, ...func(*sfn.Options)) (*sfn.SendTaskHeartbeatOutput, error)
}

// client is made when it is first needed.
var client = sync.OnceValues(func() (*sfn.Client, error) {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		return nil, err
	}
	return sfn.NewFromConfig(settings), nil
})

var standIns sync.Map // of the API, by the token

// For is the API that a token is answered to.
func For(token string) (API, error) {
	if api, ok := standIns.Load(token); ok {
		return api.(API), nil
	}
	return client()
}

// StandIn has a test's API take the answers to a token, until the function
// that it returns is called.
func StandIn(token string, api API) (end func()) {
	standIns.Store(token, api)
	return func() { standIns.Delete(token) }
}
