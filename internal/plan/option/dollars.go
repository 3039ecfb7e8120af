package option

import (
	"errors"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
)

// Line is a line of the bill.
type Line struct {
	Key           price.Key
	Of            string // of whom, if several lines have the key
	Amount        float64
	Unit          string
	USD           price.Amount
	Orchestration bool
	Unpriced      bool // the region has no price of it that mapjob knows
}

// Price returns the lines of a bill for a number of executions in a month: the compute
// of the worker, and all else. Free subtracts the free tier of a month.
func Price(c plan.Counts, executions float64, architecture string, b *price.Book, free bool) ([]Line, error) {
	compute := price.LambdaARM
	if architecture == "x86_64" {
		compute = price.LambdaX86
	}
	own := price.Quantity{}
	for role, q := range c.LambdaGBSeconds {
		if role != plan.Worker {
			own = own.Plus(q)
		}
	}
	var requests float64
	for _, n := range c.LambdaRequests {
		requests += n
	}
	const gb = 1_000_000_000
	worker := c.LambdaGBSeconds[plan.Worker]
	var lines []Line
	for _, l := range []struct {
		Line
		q, before price.Quantity
	}{
		{Line: Line{Key: compute, Of: "the worker", Unit: "GB-second"}, q: worker},
		{Line: Line{Key: price.Transition, Unit: "transition"}, q: price.From(c.Transitions)},
		{Line: Line{Key: price.ExpressRequest, Unit: "request"}, q: price.From(c.ExpressRequests)},
		{Line: Line{Key: price.ExpressGBSecond, Unit: "GB-second"}, q: c.ExpressGBSeconds},
		{Line: Line{Key: price.LambdaRequest, Unit: "request"}, q: price.From(requests)},
		{Line: Line{Key: compute, Of: "the other functions", Unit: "GB-second"}, q: own, before: worker},
		{Line: Line{Key: price.S3Put, Unit: "request"}, q: price.From(c.S3Puts)},
		{Line: Line{Key: price.S3Get, Unit: "request"}, q: price.From(c.S3Gets)},
		{Line: Line{Key: price.DynamoWrite, Unit: "unit"}, q: price.From(c.WriteUnits)},
		{Line: Line{Key: price.SQSRequest, Unit: "request"}, q: price.From(c.SQSRequests)},
		{Line: Line{Key: price.LogsGB, Unit: "GB"}, q: price.Ratio(int64(c.LogBytes), gb)},
		{Line: Line{Key: price.VendedLogsGB, Unit: "GB"}, q: price.Ratio(int64(c.VendedLogBytes), gb)},
		{Line: Line{Key: price.Trace, Unit: "trace"}, q: price.From(c.Traces)},
		{Line: Line{Key: price.DurableOperation, Unit: "operation"}, q: price.From(c.DurableOperations)},
		{Line: Line{Key: price.DurableWrittenGB, Unit: "GB"}, q: price.Ratio(int64(c.DurableBytes), gb)},
		{Line: Line{Key: price.DurableRetainedGBMonth, Unit: "GB-month"}, q: price.From(c.DurableBytes / gb * b.Assumption("durable-retention-days").Value / 30)},
	} {
		if l.q == (price.Quantity{}) {
			continue
		}
		if executions != 1 {
			l.q, l.before = price.From(l.q.Float()*executions), price.From(l.before.Float()*executions)
		}
		l.Amount = l.q.Float()
		l.Orchestration = len(lines) > 0 || l.Of != "the worker"
		var err error
		l.USD, err = b.Cost(l.Key, l.q, l.before, free)
		if _, missing := errors.AsType[*price.MissingError](err); missing {
			l.Unpriced = true
		} else if err != nil {
			return nil, err
		}
		lines = append(lines, l.Line)
	}
	return lines, nil
}
