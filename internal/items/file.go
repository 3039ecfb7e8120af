package items

import (
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// File yields the items of a file as JSON text: JSON Lines if its name ends in
// .jsonl or .ndjson, JSON if it ends in .json, and CSV with a comma and headers
// in the first row if it ends in .csv. An error ends them.
func File(path string) iter.Seq2[json.RawMessage, error] {
	formats := map[string]Format{".jsonl": JSONL, ".ndjson": JSONL, ".json": JSON, ".csv": CSV}
	return func(yield func(json.RawMessage, error) bool) {
		format, known := formats[strings.ToLower(filepath.Ext(path))]
		if !known {
			yield(nil, fmt.Errorf("got file %s, expected one that ends in .jsonl, .json or .csv", path))
			return
		}
		file, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		New(path, file, Layout{Format: format}).Texts()(yield)
	}
}
