package report

import (
	"fmt"
	"strings"
)

// Tolerance is how many items may fail before the job counts as failed: when
// more than either of what is set has failed. Where neither is, nobody compares.
type Tolerance struct {
	Percentage *float64 `json:"toleratedFailurePercentage,omitempty"` // of all items, 0 to 100
	Count      *int     `json:"toleratedFailureCount,omitempty"`
}

func (t Tolerance) String() string {
	var bounds []string
	if t.Percentage != nil {
		bounds = append(bounds, fmt.Sprintf("%g%%", *t.Percentage))
	}
	if t.Count != nil {
		bounds = append(bounds, Thousands(*t.Count))
	}
	return strings.Join(bounds, " and ")
}
