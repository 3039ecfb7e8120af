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
	if b.maxBytes, err = number(definition.MaxBytes, v.limits.PayloadBytes); err != nil {
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
