package fault

import (
	"slices"

	"github.com/mapjob/mapjob/internal/value"
)

// Items returns the indexes of the items in the payload of a job's worker: those of
// a batch, or of a chunk. Other payloads have none.
func Items(payload any) []int {
	o, _ := payload.(*value.Object)
	if list, ok := o.Get("Items"); ok {
		batch, _ := list.([]any)
		var indexes []int
		for _, element := range batch {
			item, _ := element.(*value.Object)
			if index, ok := wholeOf(item, "index"); ok {
				indexes = append(indexes, index)
			}
		}
		return indexes
	}
	v, _ := o.Get("Chunk")
	chunk, _ := v.(*value.Object)
	first, ok := wholeOf(chunk, "first")
	count, counted := wholeOf(chunk, "count")
	if !ok || !counted || count > maxChunk {
		return nil
	}
	indexes := slices.Grow([]int(nil), count)
	for i := range count {
		indexes = append(indexes, first+i)
	}
	return indexes
}

// maxChunk is the most items of a chunk that are listed.
const maxChunk = 1_000_000

func wholeOf(o *value.Object, name string) (int, bool) {
	v, _ := o.Get(name)
	n, ok := v.(float64)
	return int(n), ok && n >= 0 && n == float64(int(n))
}
