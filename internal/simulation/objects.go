package simulation

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/mapjob/mapjob/internal/awscall"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/simulation/schedule"
	"github.com/mapjob/mapjob/internal/simulation/wire"
)

// mapObjects is the object store from which Maps read items and to which they write
// results, with faults of calls such as s3:GetObject. Seeds draw none of them: Step
// Functions tries such calls again by itself, so that few fail.
type mapObjects struct {
	objects.Store
	simulation *Simulation
}

// retryPause is after what time Step Functions tries a call again.
const retryPause = time.Second

// call makes a call when the scheduler lets it go on. Throttles and answers that are
// lost take time only.
func (o mapObjects) call(ctx context.Context, name, bucket, key string, do func() error) error {
	m := engine.MapStateOf(ctx)
	what := func() string { return fmt.Sprintf("%s\n%d\n%s/%s", m.ExecutionARN, m.EnteredID, bucket, key) }
	if err := o.simulation.scheduler.Park(ctx, schedule.Key{Call: name, What: what}); err != nil {
		return err
	}
	site := fault.Site{Moment: fault.Request, Execution: m.ExecutionARN, Call: name}
	if machine := o.simulation.stack.MachineOf(m.ExecutionARN); machine != nil {
		site.Machine, site.State = machine.ID, machine.PathOf(m.StateName)
	}
	f, _ := o.simulation.faultAt(site)
	switch f.Fault {
	case fault.Error:
		return fmt.Errorf("s3://%s/%s: %w", bucket, key, wire.Refusal{Refusal: awscall.Failed(name, f.Error, f.Cause)})
	case fault.Throttle, fault.Lost:
		f.Delay = retryPause
	}
	err := do()
	if f.Delay > 0 {
		if err := fault.Sleep(ctx, f.Delay); err != nil {
			return err
		}
	}
	return err
}

// Open implements [objects.Store].
func (o mapObjects) Open(ctx context.Context, bucket, key string) (body io.ReadCloser, err error) {
	err = o.call(ctx, "s3:GetObject", bucket, key, func() (err error) {
		body, err = o.Store.Open(ctx, bucket, key)
		return err
	})
	return body, err
}

// List implements [objects.Store].
func (o mapObjects) List(ctx context.Context, bucket, prefix string) iter.Seq2[objects.Info, error] {
	return func(yield func(objects.Info, error) bool) {
		if err := o.call(ctx, "s3:ListObjectsV2", bucket, prefix, func() error { return nil }); err != nil {
			yield(objects.Info{}, err)
			return
		}
		o.Store.List(ctx, bucket, prefix)(yield)
	}
}

// Create implements [objects.Store].
func (o mapObjects) Create(ctx context.Context, bucket, key string) (io.WriteCloser, error) {
	object, err := o.Store.Create(ctx, bucket, key)
	if err != nil {
		return nil, err
	}
	return &mapObject{object, func() error { return o.call(ctx, "s3:PutObject", bucket, key, object.Close) }}, nil
}

// mapObject is an object that is being written: the call is made when it is closed.
type mapObject struct {
	io.WriteCloser
	put func() error
}

func (m *mapObject) Close() error { return m.put() }

// Abort gives the object up.
func (m *mapObject) Abort() error { return objects.Finish(m.WriteCloser, context.Canceled) }
