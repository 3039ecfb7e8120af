// Package ambient has the names that code of the pages uses without declaring them.
package ambient

import (
	"context"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/sfntest"
)

var (
	app    awscdk.App
	stack  awscdk.Stack
	ctx    context.Context
	t      *testing.T
	w      *sfntest.World
	worker awslambda.IFunction
	orders awsdynamodb.Table
	bucket awss3.Bucket
	drop   awss3.Bucket
	topic  awssns.Topic
	alerts awssns.Topic
	vpc    awsec2.IVpc
	role   awsiam.Role
	// nightly is a job.
	nightly mapjob.Job
)
