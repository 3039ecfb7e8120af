package job

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/mapjob/mapjob/internal/protocol"
)

// Handler is a Lambda function for lambda.Start.
type Handler = lambda.Handler

// Info describes an invocation.
type Info struct {
	Name      string    // of the job, Props.Name of constructs/mapjob; of the queue for a [Queue]
	Execution string    // ARN
	StartedAt time.Time // when the execution started
	RequestID string    // of the invocation
	Index     int       // of the item, counted from 0; -1 if there is no item

	deadline time.Time // of the invocation; zero: none
	queue    bool      // Execution is the ARN of a queue
	logData  bool      // the kit may log items and causes
}

// noIndex is the Index if there is no item.
const noIndex = -1

// InfoOf returns the Info of the context that a handler was called with. For any
// other context, its Index is -1 and the rest is empty.
func InfoOf(ctx context.Context) Info {
	if info, ok := ctx.Value(infoKey{}).(*Info); ok {
		return *info
	}
	return Info{Index: noIndex}
}

type infoKey struct{}

// infoContext is a context with an Info. Every item has its own.
type infoContext struct {
	context.Context
	info Info
}

func (c *infoContext) Value(key any) any {
	if key == (infoKey{}) {
		return &c.info
	}
	return c.Context.Value(key)
}

// begin returns the context of an invocation whose payload is not decoded yet.
func (s *settings) begin(ctx context.Context) *infoContext {
	info := Info{Index: noIndex, logData: s.logData}
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		info.RequestID = invocation.AwsRequestID
	}
	info.deadline, _ = ctx.Deadline()
	return &infoContext{ctx, info}
}

// about sets what the payload says about the invocation.
func (c *infoContext) about(job protocol.Job, execution string) {
	c.info.Name, c.info.Execution, c.info.StartedAt = job.Name, execution, job.StartedAt
	c.info.logData = c.info.logData || job.LogData
}

// ofBatch sets what a batch says about the invocation.
func (c *infoContext) ofBatch(in protocol.BatchInput) { c.about(in.Job, in.Execution) }

// of returns the context of one item of the invocation, made from ctx.
func (i Info) of(ctx context.Context, index int) *infoContext {
	i.Index = index
	return &infoContext{ctx, i}
}
