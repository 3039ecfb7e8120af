package option

import (
	"fmt"
	"math"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/price"
)

// alternative is another architecture for the same items.
type alternative struct {
	name  string
	batch int // 0 if it has none
	needs price.Key
	// use returns what an execution uses, and how long it takes.
	use func(w plan.Workload, s plan.Setup, b *price.Book) (plan.Counts, plan.Took)
	// limit returns the limit that ends its growth; its At is 0 for none.
	limit func(w plan.Workload, s plan.Setup, b *price.Book) Limit
}

// alternatives plans other architectures. Those whose prices the region lacks are left
// out.
func alternatives(w plan.Workload, base plan.Setup, b *price.Book) ([]Option, error) {
	all := []alternative{
		{name: "event handler", use: eventHandler, limit: eventHandlerLimit},
		{name: "queue", batch: 10, use: func(w plan.Workload, s plan.Setup, b *price.Book) (plan.Counts, plan.Took) {
			return queue(w, s, b, false)
		}, limit: queueLimit},
		{name: "tracked queue", batch: 10, use: func(w plan.Workload, s plan.Setup, b *price.Book) (plan.Counts, plan.Took) {
			return queue(w, s, b, true)
		}, limit: queueLimit},
		{name: "durable functions", needs: price.DurableOperation, use: durable, limit: itemLimit},
	}
	var options []Option
	for _, a := range all {
		if a.needs != "" && !b.Has(a.needs) {
			continue
		}
		o, err := a.option(w, base, b)
		if err != nil {
			return nil, err
		}
		options = append(options, o)
	}
	return options, nil
}

func (a alternative) option(w plan.Workload, base plan.Setup, b *price.Book) (Option, error) {
	s := plan.Setup{Batch: a.batch, Memory: base.Memory, Architecture: base.Architecture, ItemsAtOnce: base.ItemsAtOnce, Traced: base.Traced}
	o := Option{Name: a.name, Setup: s, evaluate: func(w plan.Workload) (Option, error) { return a.option(w, base, b) }}
	o.Counts, o.Took = a.use(w, s, b)
	for _, n := range o.Counts.LambdaRequests {
		o.Counts.LogBytes += n * b.Assumption("log-bytes-per-invocation").Value
	}
	if err := o.price(w, b); err != nil {
		return Option{}, err
	}
	o.First = a.limit(w, s, b)
	o.judge(w)
	return o, nil
}

// invocations are those of a function, with batches of the same size.
func invocations(w plan.Workload, s plan.Setup, batch int) plan.Counts {
	n := math.Ceil(float64(w.Items) / float64(batch))
	seconds := billed(batchSeconds(w, s, batch)) * float64(w.Items) / float64(batch)
	return plan.Counts{
		LambdaRequests:  map[plan.Role]float64{plan.Worker: n},
		LambdaGBSeconds: map[plan.Role]price.Quantity{plan.Worker: price.From(seconds * float64(s.Memory[plan.Worker]) / 1024)},
	}
}

// eventHandler is one function that does all items of an event.
func eventHandler(w plan.Workload, s plan.Setup, b *price.Book) (plan.Counts, plan.Took) {
	c := invocations(w, s, max(w.Items, 1))
	seconds := batchSeconds(w, s, w.Items)
	return c, plan.Took{Seconds: seconds, Map: seconds, Binds: "one invocation", Bounds: []plan.Bound{{Name: "one invocation", Seconds: seconds}}, Certain: true}
}

func eventHandlerLimit(w plan.Workload, s plan.Setup, b *price.Book) Limit {
	timeout := time.Duration(b.Limit("lambda.seconds")) * time.Second
	if w.Time.Mean() <= 0 {
		return Limit{}
	}
	return Limit{Name: fmt.Sprintf("function's %s", span(timeout)), At: int((timeout-reserve).Seconds()/w.Time.Mean().Seconds()+1e-6) * max(s.ItemsAtOnce, 1), Hard: true}
}

// queueLimit is that of a batch of messages. How much a producer sends to a queue within
// its time is not known.
func queueLimit(w plan.Workload, s plan.Setup, b *price.Book) Limit {
	return invocationLimit(w, s, b, min(int(b.Limit("sqs.batch")), w.Items))
}

// itemLimit is that of an item which has an invocation of its own.
func itemLimit(w plan.Workload, s plan.Setup, b *price.Book) Limit {
	return invocationLimit(w, s, b, 1)
}

// invocationLimit is the limit of an invocation that gets so many items, if they take
// longer than a function may.
func invocationLimit(w plan.Workload, s plan.Setup, b *price.Book, items int) Limit {
	if l := eventHandlerLimit(w, s, b); items > l.At && l.Name != "" {
		l.Batch = true
		return l
	}
	return Limit{}
}

// queue is a function behind a queue, filled by another one. A tracked queue counts
// what is done in one record.
func queue(w plan.Workload, s plan.Setup, b *price.Book, tracked bool) (plan.Counts, plan.Took) {
	batch := int(b.Limit("sqs.batch"))
	n := float64(w.Items)
	c := invocations(w, s, batch)
	c.LambdaRequests[plan.JobStart] = 1
	billed := math.Ceil(float64(batch*w.ItemBytes) / 64_000) // 64 KB of a request
	c.SQSRequests = math.Ceil(n/float64(batch)) * (2*math.Max(1, billed) + 1)
	atOnce := math.Min(b.Limit("lambda.concurrency"), math.Max(1, c.LambdaRequests[plan.Worker]))
	bounds := []plan.Bound{{Name: "concurrency", Seconds: math.Ceil(c.LambdaRequests[plan.Worker]/atOnce) * batchSeconds(w, s, min(batch, w.Items))}}
	if tracked {
		c.WriteUnits = n + 4
		bounds = append(bounds, plan.Bound{Name: "the counter's record", Seconds: n / b.Limit("dynamodb.record-writes")})
	}
	return c, longest(bounds)
}

// durable is a durable function that does its items in steps, started as often as its
// operations ask for: each item takes a branch and a step.
func durable(w plan.Workload, s plan.Setup, b *price.Book) (plan.Counts, plan.Took) {
	n := float64(w.Items)
	perExecution := math.Floor((b.Limit("lambda.durable.operations") - 2) / 2)
	executions := math.Ceil(n / perExecution)
	c := invocations(w, s, 1)
	c.LambdaRequests[plan.Worker] = executions
	c.DurableOperations = 2*executions + 2*n
	c.DurableBytes = n * float64(w.ItemBytes+w.ResultBytes)
	each := batchSeconds(w, s, int(math.Min(n, perExecution)))
	rounds := math.Ceil(executions / b.Limit("lambda.concurrency"))
	return c, longest([]plan.Bound{{Name: "concurrency", Seconds: rounds * each}})
}

// longest returns the time of what takes the longest.
func longest(bounds []plan.Bound) plan.Took {
	t := plan.Took{Bounds: bounds, Certain: true}
	for _, b := range bounds {
		if b.Seconds > t.Seconds || t.Binds == "" {
			t.Seconds, t.Map, t.Binds = b.Seconds, b.Seconds, b.Name
		}
	}
	return t
}
