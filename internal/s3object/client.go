package s3object

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

var made struct {
	mutex  sync.Mutex
	client *s3.Client
}

// Client is the process's client of S3. It is made when it is first needed:
// who needs none starts faster. One that could not be made is tried again the
// next time, as a process outlives an invocation.
func Client() (*s3.Client, error) {
	made.mutex.Lock()
	defer made.mutex.Unlock()
	if made.client != nil {
		return made.client, nil
	}
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		return nil, err
	}
	made.client = s3.NewFromConfig(settings, func(o *s3.Options) {
		o.DisableLogOutputChecksumValidationSkipped = true // not every object has one
	})
	return made.client, nil
}
