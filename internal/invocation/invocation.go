// Package invocation invokes functions as Lambda does for the services around
// it: asynchronously, with retries and destinations, and with batches of
// messages from queues. A limit on how many invocations run at once is shared
// by all of them.
package invocation

import (
	"context"
	"sync"

	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/sqs"
)

// Host runs functions: a [lambdahost.Host].
type Host interface {
	// Invoke invokes a function and waits for its answer.
	Invoke(ctx context.Context, function string, payload []byte) (*lambdahost.Response, error)
}

// Options are what an [Invoker] works with.
type Options struct {
	Host   Host
	Queues *sqs.Service
	// Concurrency is how many invocations run at once. Others wait.
	Concurrency int
	// Delivered, if it is set, is called after each batch of messages, from the
	// goroutine of the invocation.
	Delivered func(Delivery)
}

// Invoker invokes functions. It is safe for concurrent use. Close it before its
// host.
type Invoker struct {
	host      Host
	queues    *sqs.Service
	delivered func(Delivery)
	turns     chan struct{} // an element for each invocation that runs

	// What runs in the background ends with ctx.
	ctx     context.Context
	stop    context.CancelFunc
	mutex   sync.Mutex // nothing is added to running once Close waits for it
	running sync.WaitGroup
}

// New makes an invoker.
func New(o Options) *Invoker {
	v := &Invoker{host: o.Host, queues: o.Queues, delivered: o.Delivered, turns: make(chan struct{}, o.Concurrency)}
	v.ctx, v.stop = context.WithCancel(context.Background())
	return v
}

// Close ends what runs in the background, and waits for it.
func (v *Invoker) Close() {
	v.mutex.Lock()
	v.stop()
	v.mutex.Unlock()
	v.running.Wait()
}

// Invoke invokes a function and waits for its answer.
func (v *Invoker) Invoke(ctx context.Context, function string, payload []byte) (*lambdahost.Response, error) {
	if err := v.takeTurn(ctx); err != nil {
		return nil, err
	}
	defer v.endTurn()
	return v.host.Invoke(ctx, function, payload)
}

// takeTurn waits until one more invocation may run. The error is the cause of
// ctx's end.
func (v *Invoker) takeTurn(ctx context.Context) error {
	select {
	case v.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (v *Invoker) endTurn() { <-v.turns }

// background runs work that the queues count as under way until it has ended.
// It reports false if the invoker is closed.
func (v *Invoker) background(work func(*sqs.Hold)) bool {
	hold := v.queues.Hold()
	started := v.start(func() {
		defer hold.End()
		work(hold)
	})
	if !started {
		hold.End()
	}
	return started
}

func (v *Invoker) start(work func()) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.ctx.Err() != nil {
		return false
	}
	v.running.Go(work)
	return true
}
