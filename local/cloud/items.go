package cloud

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/mapjob/mapjob/local/asl"
	"github.com/mapjob/mapjob/local/engine"
	"github.com/mapjob/mapjob/local/value"
)

// itemsBucket holds the items of a person's own file.
const (
	itemsBucket = "mapjob-items"
	itemsKey    = "items.jsonl"
)

// Items are the items of a person's own, stored where a Distributed Map reads
// them.
type Items struct {
	Count int
	store *objectStore
}

// StoreItems streams items to the local S3.
func (c *Cloud) StoreItems(ctx context.Context, items iter.Seq2[json.RawMessage, error]) (*Items, error) {
	object, err := c.store.Create(ctx, itemsBucket, itemsKey)
	if err != nil {
		return nil, err
	}
	stored := &Items{store: c.store}
	w := bufio.NewWriterSize(object, 1<<20)
	err = func() error {
		for item, err := range items {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			w.Write(item)
			w.WriteByte('\n')
			stored.Count++
		}
		return w.Flush()
	}()
	if err = errors.Join(err, object.Close()); err != nil {
		return nil, err
	}
	return stored, nil
}

func (i *Items) place() *value.Object {
	return value.NewObject("bucket", itemsBucket, "key", itemsKey, "count", float64(i.Count))
}

// For the states of package constructs/mapjob, the names are part of the
// protocol.
const (
	jobStartState = "JobStart"
	mapState      = "Map"
)

// feed has an execution work on these items: they are the answer of the job's
// start, or of a job without one the input.
func (i *Items) feed(ctx context.Context, m *asl.StateMachine, x *Execution, invoke engine.IntegrationFunc) (engine.IntegrationFunc, error) {
	var items any = i.place()
	if state := m.State(mapState); state == nil || state.Map == nil {
		return nil, fmt.Errorf("the state machine has no state %s, expected one that constructs/mapjob makes", mapState)
	} else if !state.Map.Processor.Distributed { // wants the items themselves
		list, err := i.list(ctx)
		if err != nil {
			return nil, err
		}
		items = list
	}
	if m.State(jobStartState) == nil {
		x.Input = value.Append(nil, value.NewObject("items", items))
		return invoke, nil
	}
	return func(ctx context.Context, r *engine.Request) (any, error) {
		if r.StateName != jobStartState {
			return invoke(ctx, r)
		}
		return value.NewObject("Payload", value.NewObject("items", items), "StatusCode", 200.0), nil
	}, nil
}

func (i *Items) list(ctx context.Context) ([]any, error) {
	object, err := i.store.Open(ctx, itemsBucket, itemsKey)
	if err != nil {
		return nil, fmt.Errorf("reading the items: %w", err)
	}
	defer object.Close()
	list := []any{}
	for d := value.NewDecoder(object); ; {
		item, err := d.Next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the items: %w", err)
		}
		list = append(list, item)
	}
}
