package functionlog

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/mapjob/mapjob/internal/awserror"
	"github.com/mapjob/mapjob/internal/pages"
)

// CloudWatch finds and reads log groups.
type CloudWatch struct {
	Logs      cloudwatchlogs.FilterLogEventsAPIClient
	Functions interface {
		GetFunctionConfiguration(context.Context, *lambda.GetFunctionConfigurationInput, ...func(*lambda.Options)) (*lambda.GetFunctionConfigurationOutput, error)
	}
	Region string
}

// GroupOf returns the name of a function's log group.
func (c *CloudWatch) GroupOf(ctx context.Context, function string) (string, error) {
	settings, err := c.Functions.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &function})
	if err != nil {
		return "", awserror.Explain(err, c.Region, function)
	}
	if logging := settings.LoggingConfig; logging != nil && logging.LogGroup != nil {
		return *logging.LogGroup, nil
	}
	return "/aws/lambda/" + aws.ToString(settings.FunctionName), nil
}

// Group returns the log in a log group.
func (c *CloudWatch) Group(name string) Log { return &logGroup{CloudWatch: c, name: name} }

// logGroup is a [Log].
type logGroup struct {
	*CloudWatch

	name string
}

// Name returns the name of the log group.
func (g *logGroup) Name() string { return g.name }

// Search calls do with the lines that a query wants.
func (g *logGroup) Search(ctx context.Context, q *Query, do func(*Line) error) error {
	return g.filter(ctx, &cloudwatchlogs.FilterLogEventsInput{FilterPattern: aws.String(q.pattern())}, q.From, q.To, func(l *Line) error {
		if !q.Wants(l) {
			return nil
		}
		return do(l)
	})
}

// Invocation calls do with the lines of an invocation, also those that do not name it:
// an execution environment has one log stream and handles one invocation at a time, so
// they are those between the first and the last line with the request ID.
func (g *logGroup) Invocation(ctx context.Context, q *Query, requestID string, do func(*Line) error) error {
	var stream string
	var first, last *time.Time
	named := 0
	if err := g.filter(ctx, &cloudwatchlogs.FilterLogEventsInput{FilterPattern: aws.String(`"` + requestID + `"`)}, q.From, q.To, func(l *Line) error {
		if named == 0 {
			stream, first = l.Stream, l.Time
		}
		if l.Stream == stream {
			named, last = named+1, l.Time
		}
		return nil
	}); err != nil || named == 0 {
		return err
	}
	seen := 0
	return g.filter(ctx, &cloudwatchlogs.FilterLogEventsInput{LogStreamNames: []string{stream}}, *first, last.Add(time.Millisecond), func(l *Line) error {
		names := strings.Contains(l.Text, requestID)
		if names {
			seen++
		}
		if seen == 0 || seen >= named && !names {
			return nil
		}
		return do(l)
	})
}

// filter calls do with the events of a log group, page by page.
func (g *logGroup) filter(ctx context.Context, in *cloudwatchlogs.FilterLogEventsInput, from, to time.Time, do func(*Line) error) error {
	in.LogGroupName, in.StartTime = &g.name, aws.Int64(from.UnixMilli())
	if !to.IsZero() {
		in.EndTime = aws.Int64(to.UnixMilli())
	}
	all := cloudwatchlogs.NewFilterLogEventsPaginator(g.Logs, in)
	for page, err := range pages.Of(ctx, all, func(p *cloudwatchlogs.FilterLogEventsOutput) *string { return p.NextToken }) {
		if err != nil {
			return awserror.Explain(err, g.Region, "log group "+g.name)
		}
		for i := range page.Events {
			if err := do(g.line(&page.Events[i])); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *logGroup) line(e *types.FilteredLogEvent) *Line {
	l := Parse(strings.TrimRight(aws.ToString(e.Message), "\r\n"))
	at := time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC()
	l.Log, l.Stream, l.Time = g.name, aws.ToString(e.LogStreamName), &at
	return &l
}
