package cloud

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

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

// Input is the execution input that names the items, for a job without a job start.
func (i *Items) Input() []byte { return value.Append(nil, value.NewObject("items", i.place())) }

func (i *Items) place() *value.Object {
	return value.NewObject("bucket", itemsBucket, "key", itemsKey, "count", float64(i.Count))
}

// inPlaceOfJobStart answers for the job start, and leaves all other tasks to invoke.
func (i *Items) inPlaceOfJobStart(invoke engine.IntegrationFunc) engine.IntegrationFunc {
	return func(ctx context.Context, r *engine.Request) (any, error) {
		if r.StateName != "JobStart" {
			return invoke(ctx, r)
		}
		var items any = i.place()
		parameters, _ := r.Parameters.(*value.Object)
		payload, _ := parameters.Get("Payload")
		if request, _ := payload.(*value.Object); request != nil {
			if _, distributed := request.Get("items"); !distributed { // an Inline job wants the items themselves
				list, err := i.list(ctx)
				if err != nil {
					return nil, err
				}
				items = list
			}
		}
		return value.NewObject("Payload", value.NewObject("items", items), "StatusCode", 200.0), nil
	}
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
