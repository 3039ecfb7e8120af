package stack

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/objectstore"
	"github.com/mapjob/mapjob/internal/value"
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
	store *objectstore.Store
}

// StoreItems streams items to the local S3.
func (c *Stack) StoreItems(ctx context.Context, items iter.Seq2[json.RawMessage, error]) (*Items, error) {
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
	jobStartState  = "JobStart"
	readInputState = "ReadInput"
	mapState       = "Map"
)

// stateOf is the state of that name, be it inside those that hold the job's
// lock; nil if there is none.
func stateOf(m *asl.StateMachine, name string) *asl.State {
	for state := range m.AllStates() {
		if state.Name == name {
			return state
		}
	}
	return nil
}

// feed has an execution work on these items: they are the answer of the job's
// start, or of a job without one the input.
func (i *Items) feed(ctx context.Context, m *asl.StateMachine, x *Execution, invoke engine.IntegrationFunc) (engine.IntegrationFunc, error) {
	var items any = i.place()
	if state := stateOf(m, mapState); state == nil || state.Map == nil {
		return nil, fmt.Errorf("the state machine has no state %s, expected one that constructs/mapjob makes", mapState)
	} else if !state.Map.Processor.Distributed { // wants the items themselves
		list, err := i.list(ctx)
		if err != nil {
			return nil, err
		}
		items = list
	}
	if stateOf(m, readInputState) != nil {
		x.Input = value.Append(nil, value.NewObject("items", items))
	}
	if stateOf(m, jobStartState) == nil {
		return invoke, nil
	}
	return func(ctx context.Context, r *engine.Request) (any, error) {
		if r.StateName != jobStartState {
			return invoke(ctx, r)
		}
		items := items
		if size := chunkSize(r.Parameters); size > 0 {
			chunked, err := i.chunked(ctx, size)
			if err != nil {
				return nil, err
			}
			items = chunked
		}
		return value.NewObject("Payload", value.NewObject("items", items), "StatusCode", 200.0), nil
	}, nil
}

// chunkSize is how many items the job's start is asked to store together; 0: by
// value, items are not chunked.
func chunkSize(parameters any) int {
	request, _ := parameters.(*value.Object)
	payload, _ := request.Get("Payload")
	asked, _ := payload.(*value.Object)
	size, _ := asked.Get("chunkSize")
	n, _ := value.Float(size)
	return int(n)
}

// chunked stores the items once more, so many to an object, and beside them
// the addresses of these objects, as job.Start does. Its answer is the place of
// the addresses.
func (i *Items) chunked(ctx context.Context, size int) (_ *value.Object, err error) {
	items, err := i.store.Open(ctx, itemsBucket, itemsKey)
	if err != nil {
		return nil, fmt.Errorf("reading the items: %w", err)
	}
	defer items.Close()
	addresses, err := i.store.Create(ctx, itemsBucket, "chunks.jsonl")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, addresses.Close()) }()
	lines := bufio.NewReaderSize(items, 1<<20)
	for first := 0; first < i.Count; first += size {
		count := min(size, i.Count-first)
		key := fmt.Sprintf("chunks/%012d.jsonl", first)
		if err := i.copyLines(ctx, key, lines, count); err != nil {
			return nil, err
		}
		address := value.Append(nil, value.NewObject("bucket", itemsBucket, "key", key, "first", float64(first), "count", float64(count)))
		if _, err := addresses.Write(append(address, '\n')); err != nil {
			return nil, err
		}
	}
	return value.NewObject("bucket", itemsBucket, "key", "chunks.jsonl", "count", float64(i.Count), "chunked", true), nil
}

func (i *Items) copyLines(ctx context.Context, key string, lines *bufio.Reader, count int) (err error) {
	chunk, err := i.store.Create(ctx, itemsBucket, key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, chunk.Close()) }()
	for range count {
		for more := true; more; {
			var part []byte
			if part, more, err = readPart(lines); err != nil {
				return fmt.Errorf("reading the items: %w", err)
			}
			if _, err := chunk.Write(part); err != nil {
				return err
			}
		}
	}
	return nil
}

// readPart reads a line, or of one that is longer than the buffer a part.
func readPart(lines *bufio.Reader) (part []byte, more bool, err error) {
	part, err = lines.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return part, true, nil
	}
	return part, false, err
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
