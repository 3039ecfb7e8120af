package batch

import (
	"bytes"
	"encoding/json"

	"github.com/mapjob/mapjob/internal/protocol"
)

// looksWrapped reports whether the elements of Items seem to have an index and
// an item, judged by what was decoded of them. An element that no ItemSelector
// has wrapped decodes to nothing, which looks like item 0; only one item of a
// job has that index, and a selector wraps all items or none. The check costs
// next to nothing. If it says no, firstUnwrapped looks closely.
func looksWrapped[Item any](payload []byte, items []protocol.Indexed[Item]) bool {
	zeros := 0
	for i := range items {
		if items[i].Index == 0 {
			zeros++
		}
	}
	has := func(member string) bool { return bytes.Contains(payload, []byte(member)) }
	return zeros == 0 && has(`"item":`) || zeros == 1 && has(`"item":`) && has(`"index":0`) || len(items) == 0
}

// firstUnwrapped returns the first element without an index or an item, and its
// position; -1 if there is none.
func firstUnwrapped(payload []byte) (at int, element json.RawMessage) {
	var b struct{ Items []json.RawMessage }
	_ = json.Unmarshal(payload, &b) // was decoded before
	for at, element = range b.Items {
		var e struct {
			Index *int            `json:"index"`
			Item  json.RawMessage `json:"item"`
		}
		if json.Unmarshal(element, &e) != nil || e.Index == nil || e.Item == nil {
			return at, element
		}
	}
	return -1, nil
}
