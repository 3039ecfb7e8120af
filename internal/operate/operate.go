// Package operate asks Step Functions and S3 about the executions of a job, and
// stops, redrives and reruns them. It works alike on AWS and on the folders of runs,
// over the API of package sfnapi.
package operate

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/mapjob/mapjob/internal/awserror"
	"github.com/mapjob/mapjob/internal/protocol"
)

// API is the part of Step Functions that a Service calls. A [sfn.Client] has it.
type API interface {
	ListStateMachines(context.Context, *sfn.ListStateMachinesInput, ...func(*sfn.Options)) (*sfn.ListStateMachinesOutput, error)
	DescribeStateMachineForExecution(context.Context, *sfn.DescribeStateMachineForExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeStateMachineForExecutionOutput, error)
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
	ListMapRuns(context.Context, *sfn.ListMapRunsInput, ...func(*sfn.Options)) (*sfn.ListMapRunsOutput, error)
	DescribeMapRun(context.Context, *sfn.DescribeMapRunInput, ...func(*sfn.Options)) (*sfn.DescribeMapRunOutput, error)
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	StopExecution(context.Context, *sfn.StopExecutionInput, ...func(*sfn.Options)) (*sfn.StopExecutionOutput, error)
	RedriveExecution(context.Context, *sfn.RedriveExecutionInput, ...func(*sfn.Options)) (*sfn.RedriveExecutionOutput, error)
}

// Store reads and writes objects.
type Store interface {
	// Open opens an object. If there is no such object, the error is fs.ErrNotExist.
	Open(ctx context.Context, at protocol.Object) (io.ReadCloser, error)
	// OpenAt opens an object after its first bytes. If it has no more, the reader is empty.
	OpenAt(ctx context.Context, at protocol.Object, bytes int64) (io.ReadCloser, error)
	// Keys yields the keys in a folder, in ascending order. An error is the last that it yields.
	Keys(ctx context.Context, folder protocol.Folder) iter.Seq2[string, error]
	// Create writes an object, as a stream. If reading from fails, there is no object.
	Create(ctx context.Context, at protocol.Object, metadata map[string]string, from io.Reader) error
}

// Service operates the jobs of one account and region. Its errors say what to do.
type Service struct {
	API    API
	Store  Store
	Region string
	// Pause is how long Watch waits at first; 0: five seconds.
	Pause time.Duration
}

// explain says what to do about an error of Step Functions. The subject is the ARN that
// the request is about.
func (s *Service) explain(err error, subject string) error {
	return awserror.Explain(err, s.Region, subject)
}

// notFoundError is the text of an [fs.ErrNotExist].
type notFoundError string

func (e notFoundError) Error() string        { return string(e) }
func (e notFoundError) Is(target error) bool { return target == fs.ErrNotExist }
