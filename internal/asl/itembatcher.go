package asl

import (
	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/expression"
)

// ItemBatcher groups the items of a Distributed Map.
type ItemBatcher struct {
	MaxItems *expression.Dynamic
	MaxBytes *expression.Dynamic
	Input    *expression.Template
}

func (p *parser) itemBatcher(f fields.Object) *ItemBatcher {
	v, ok := f.Get("ItemBatcher")
	if !ok {
		return nil
	}
	g, ok := f.Document.Open(v, f.At("ItemBatcher"), "an item batcher", fields.BatcherKind, f.Language)
	if !ok {
		return nil
	}
	b := &ItemBatcher{
		MaxItems: g.Dynamic("MaxItemsPerBatch", "ItemBatcher/MaxItemsPerBatch", fields.WholeIn(1, maxItemsOfReader)),
		MaxBytes: g.Dynamic("MaxInputBytesPerBatch", "ItemBatcher/MaxInputBytesPerBatch", fields.WholeIn(1, maxBatchBytes)),
		Input:    g.ObjectTemplate("BatchInput", "ItemBatcher/BatchInput"),
	}
	if b.MaxItems == nil && b.MaxBytes == nil && !g.Has("MaxItemsPerBatch") && !g.Has("MaxInputBytesPerBatch") {
		g.Document.Problem(g.Path, "got neither MaxItemsPerBatch nor MaxInputBytesPerBatch, expected at least one of them")
	}
	return b
}
