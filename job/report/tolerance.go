package report

import (
	"fmt"
	"strings"
)

// Tolerance is how many items may fail. The job fails if more items fail than one
// of the values allows. A nil value is not compared.
type Tolerance struct {
	Percentage *float64 `json:"toleratedFailurePercentage,omitempty"` // of all items, 0 to 100
	Count      *int     `json:"toleratedFailureCount,omitempty"`
}

// String returns the values that are set.
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
