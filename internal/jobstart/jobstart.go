// Package jobstart stands in for a job start: it gives an execution items that
// are stored already.
package jobstart

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
	"github.com/mapjob/mapjob/internal/objects"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/value"
)

// Bucket holds the items, and nothing else.
const Bucket = "mapjob-items"

const (
	itemsKey     = protocol.ItemsFile
	arrayKey     = "items.json"   // the items as one JSON array
	addressesKey = "chunks.jsonl" // of the chunks
)

// Items are stored items.
type Items struct {
	Count   int
	objects objects.Store
}

// Store stores items, each a JSON value.
func Store(ctx context.Context, store objects.Store, items iter.Seq2[json.RawMessage, error]) (*Items, error) {
	object, err := store.Create(ctx, Bucket, itemsKey)
	if err != nil {
		return nil, err
	}
	stored := &Items{objects: store}
	w := bufio.NewWriterSize(object, 1<<20)
	err = func() error {
		for item, err := range items {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			_, _ = w.Write(item) // Flush reports an error
			_ = w.WriteByte('\n')
			stored.Count++
		}
		return w.Flush()
	}()
	if err = objects.Finish(object, err); err != nil {
		return nil, err
	}
	return stored, nil
}

// Feed makes a job, whose state machine has a name, work on the items. Input, unless
// it is nil, takes the place of the execution's input, and call that of invoke, which
// answers the tasks that invoke functions.
func (i *Items) Feed(ctx context.Context, job *asl.StateMachine, name string, invoke engine.IntegrationFunc) (input []byte, call engine.IntegrationFunc, err error) {
	state := stateOf(job, protocol.StateMap)
	if state == nil || state.Map == nil {
		return nil, nil, fmt.Errorf("the state machine has no state %s, expected one that constructs/mapjob makes", protocol.StateMap)
	}
	hasStart := stateOf(job, protocol.StateJobStart) != nil
	read := stateOf(job, protocol.StateReadInput)
	var given, named any // the list itself, if the Map reads no object
	if state.Map.ItemReader == nil {
		given, err = i.list(ctx)
		named = given
	} else {
		given = i.at(itemsKey)
		if read != nil {
			named, err = i.name(ctx, state.Map.ItemReader, read, name, !hasStart)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if read != nil {
		if input, err = json.Marshal(map[string]any{"items": named}); err != nil {
			return nil, nil, err
		}
	}
	if !hasStart {
		return input, invoke, nil
	}
	return input, func(ctx context.Context, r *engine.Request) (any, error) {
		if r.StateName != protocol.StateJobStart {
			return invoke(ctx, r)
		}
		return i.startAnswer(ctx, given, chunkSize(r.Parameters))
	}, nil
}

// at returns the address of an object that has the items. It has a prefix for
// jobs whose Source is a list of objects, which ask for one.
func (i *Items) at(key string) protocol.Items {
	return protocol.Items{Bucket: Bucket, Key: key, Prefix: key, Count: &i.Count}
}

// startAnswer answers the task that invokes the job start.
func (i *Items) startAnswer(ctx context.Context, items any, chunkSize int) (any, error) {
	if address, ok := items.(protocol.Items); ok {
		address.Prefix = ""
		items = address
	}
	if chunkSize > 0 {
		chunked, err := i.chunked(ctx, chunkSize)
		if err != nil {
			return nil, err
		}
		items = chunked
	}
	text, err := json.Marshal(protocol.StartAnswer{Version: protocol.SentVersion(), Items: items})
	if err != nil {
		return nil, err
	}
	answer, err := value.Parse(text)
	if err != nil {
		return nil, err
	}
	return value.NewObject("Payload", answer, "StatusCode", 200.0), nil
}

// stateOf returns the state of a name, which may be inside the states that hold
// the job's lock; nil if there is none.
func stateOf(job *asl.StateMachine, name string) *asl.State {
	for state := range job.AllStates() {
		if state.Name == name {
			return state
		}
	}
	return nil
}

// chunkSize returns how many items the job start is asked to store in a chunk;
// 0 if items are by value.
func chunkSize(parameters any) int {
	request, _ := parameters.(*value.Object)
	payload, _ := request.Get("Payload")
	start, _ := payload.(*value.Object)
	size, _ := start.Get("chunkSize")
	n, _ := value.Float(size)
	return int(n)
}

// chunked stores the items once more, in chunks, with the addresses of the
// chunks beside them, as job.Start does. It returns where the addresses are.
func (i *Items) chunked(ctx context.Context, size int) (_ *protocol.Items, err error) {
	items, err := i.objects.Open(ctx, Bucket, itemsKey)
	if err != nil {
		return nil, fmt.Errorf("reading %w", err)
	}
	defer items.Close()
	addresses, err := i.objects.Create(ctx, Bucket, addressesKey)
	if err != nil {
		return nil, err
	}
	defer func() { err = objects.Finish(addresses, err) }()
	chunks := protocol.Folder{Bucket: Bucket, Prefix: protocol.ChunksFolder}
	lines, encoder := bufio.NewReaderSize(items, 1<<20), json.NewEncoder(addresses)
	for first := 0; first < i.Count; first += size {
		chunk := protocol.Chunk{Bucket: Bucket, Key: chunks.Chunk(first), First: first, Count: min(size, i.Count-first)}
		if err := i.copyLines(ctx, chunk.Key, lines, chunk.Count); err != nil {
			return nil, err
		}
		if err := encoder.Encode(chunk); err != nil {
			return nil, err
		}
	}
	return &protocol.Items{Bucket: Bucket, Key: addressesKey, Count: &i.Count, Chunked: true}, nil
}

func (i *Items) copyLines(ctx context.Context, key string, lines *bufio.Reader, count int) (err error) {
	chunk, err := i.objects.Create(ctx, Bucket, key)
	if err != nil {
		return err
	}
	defer func() { err = objects.Finish(chunk, err) }()
	for range count {
		if err := copyLine(chunk, lines); err != nil {
			return err
		}
	}
	return nil
}

func copyLine(to io.Writer, lines *bufio.Reader) error {
	for more := true; more; {
		part, m, err := readPart(lines)
		if err != nil {
			return fmt.Errorf("reading the items: %w", err)
		}
		if _, err := to.Write(part); err != nil {
			return err
		}
		more = m
	}
	return nil
}

// readPart reads a line, or a part of one that is longer than the buffer.
func readPart(lines *bufio.Reader) (part []byte, more bool, err error) {
	part, err = lines.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return part, true, nil
	}
	return part, false, err
}

func (i *Items) list(ctx context.Context) ([]json.RawMessage, error) {
	object, err := i.objects.Open(ctx, Bucket, itemsKey)
	if err != nil {
		return nil, fmt.Errorf("reading %w", err)
	}
	defer object.Close()
	list := []json.RawMessage{}
	for d := json.NewDecoder(object); ; {
		var item json.RawMessage
		err := d.Decode(&item)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the items: %w", err)
		}
		list = append(list, item)
	}
}
