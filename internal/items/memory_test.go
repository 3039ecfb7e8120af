package items

import (
	"slices"
	"strings"
	"time"
)

var modified = time.Unix(1700000000, 0)

// keys are the addresses with this beginning, in order.
func (m memory) keys(prefix string) []string {
	var keys []string
	for key := range m {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
