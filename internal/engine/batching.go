package engine

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// batching is an evaluated ItemBatcher.
type batching struct {
	maxItems int
	maxBytes int
	input    any
	hasInput bool
	overhead int // bytes of a batch without items
}

// batching evaluates ItemBatcher. It returns nil if there is none.
func (v *visit) batching() (*batching, error) {
	definition := v.state.Map.ItemBatcher
	if definition == nil {
		return nil, nil
	}
	b := &batching{}
	number := func(d *expression.Dynamic, most int) (int, error) {
		if d == nil {
			return most, nil
		}
		n, err := d.Integer(v.scope())
		if err == nil && n < 1 {
			err = &expression.Error{Name: errRuntime, Message: fmt.Sprintf("%s must be a positive integer.", strings.TrimPrefix(d.Field, "ItemBatcher/"))}
		}
		if most > 0 && n > int64(most) {
			n = int64(most)
		}
		return int(n), err
	}
	var err error
	if b.maxItems, err = number(definition.MaxItems, 0); err != nil {
		return nil, err
	}
	if b.maxBytes, err = number(definition.MaxBytes, v.run.engine.limits.PayloadBytes); err != nil {
		return nil, err
	}
	b.overhead = len(`{"Items":[]}`)
	if definition.Input != nil {
		if b.input, err = definition.Input.Evaluate(v.scope()); err != nil {
			return nil, err
		}
		b.hasInput = true
		b.overhead += len(`"BatchInput":,`) + value.Size(b.input)
	}
	return b, nil
}

// batch is the items that were read for the next child. Without an ItemBatcher
// it has one.
type batch struct {
	first  int // index of the first item
	inputs []any
	bytes  int // of the inputs, with a comma after each
}

func (b *batch) add(index int, input any, bytes int) {
	if len(b.inputs) == 0 {
		b.first = index
	}
	b.inputs = append(b.inputs, input)
	b.bytes += bytes
}

// full reports whether no item may be added.
func (b *batching) full(batch *batch) bool {
	return b.maxItems > 0 && len(batch.inputs) >= b.maxItems
}

// fits reports whether an item may be added that has this size with its comma.
// A batch has at least one item, however large.
func (b *batching) fits(batch *batch, size int) bool {
	return len(batch.inputs) == 0 || b.maxBytes <= 0 || b.overhead+batch.bytes+size-1 <= b.maxBytes
}

// childInput returns the input of the child that gets the batch.
func (b *batching) childInput(batch *batch) any {
	if b == nil {
		return batch.inputs[0]
	}
	input := value.WithCapacity(2)
	if b.hasInput {
		input.Set("BatchInput", b.input)
	}
	input.Set("Items", batch.inputs)
	return input
}
