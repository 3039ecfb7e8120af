package keypath_test

import (
	"fmt"
	"testing"

	"github.com/mapjob/mapjob/internal/objectstore/keypath"
)

func TestFilterHasWhatWasAdded(t *testing.T) {
	var filter keypath.Filter
	key := func(i int) string { return keypath.Hash(fmt.Sprint("key ", i)) }
	for i := range 100 {
		filter.Add(key(i))
	}
	filter.Add("README.md")
	for i := range 100 {
		if !filter.MayHave(key(i)) {
			t.Errorf("key %d: got false, expected true", i)
		}
	}
	if !filter.MayHave("README.md") {
		t.Error("README.md: got false, expected true")
	}
	had := 0
	for i := range 1_000 {
		if filter.MayHave(key(100 + i)) {
			had++
		}
	}
	if had > 20 {
		t.Errorf("got %d of 1,000 keys that were not added, expected at most 20", had)
	}
}
