package asl

import "github.com/mapjob/mapjob/internal/expression"

// ItemBatcher groups the items of a Distributed Map.
type ItemBatcher struct {
	MaxItems *expression.Dynamic
	MaxBytes *expression.Dynamic
	Input    *expression.Template
}

func (f fields) itemBatcher() *ItemBatcher {
	v, ok := f.object.Get("ItemBatcher")
	if !ok {
		return nil
	}
	g, ok := f.reader.fields(v, f.at("ItemBatcher"), "an item batcher", kindBatcher, f.language)
	if !ok {
		return nil
	}
	b := &ItemBatcher{
		MaxItems: g.dynamic("MaxItemsPerBatch", "ItemBatcher/MaxItemsPerBatch", wholeIn(1, maxItemsOfReader)),
		MaxBytes: g.dynamic("MaxInputBytesPerBatch", "ItemBatcher/MaxInputBytesPerBatch", wholeIn(1, maxBatchBytes)),
		Input:    g.objectTemplate("BatchInput", "ItemBatcher/BatchInput"),
	}
	if b.MaxItems == nil && b.MaxBytes == nil && !g.has("MaxItemsPerBatch") && !g.has("MaxInputBytesPerBatch") {
		g.reader.problem(g.path, "got neither MaxItemsPerBatch nor MaxInputBytesPerBatch, expected at least one of them")
	}
	return b
}
