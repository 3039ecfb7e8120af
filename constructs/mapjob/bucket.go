package mapjob

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newResultsBucket creates a bucket whose objects expire.
func newResultsBucket(scope constructs.Construct, s *settings) awss3.Bucket {
	props := &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("Expire"),
			Expiration:                          s.Results.Expiry,
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
		}},
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
		AutoDeleteObjects: s.Results.AutoDeleteObjects,
	}
	if s.RemovalPolicy != "" {
		props.RemovalPolicy = s.RemovalPolicy
	}
	if logs := s.Results.AccessLogs; logs != nil {
		props.ServerAccessLogsBucket = logs
		// Other jobs, of this ID too, may log to the same bucket. The stack's name as
		// the template resolves it would make a cycle of the two stacks.
		props.ServerAccessLogsPrefix = jsii.String(*awscdk.Names_UniqueResourceName(scope, &awscdk.UniqueResourceNameOptions{
			MaxLength: jsii.Number(200), Separator: jsii.String("-")}) + "/")
	}
	if s.EncryptionKey != nil {
		props.Encryption = awss3.BucketEncryption_KMS
		props.EncryptionKey = s.EncryptionKey
		props.BucketKeyEnabled = jsii.Bool(true) // one request to KMS for many objects
	}
	return awss3.NewBucket(scope, jsii.String("Results"), props)
}
