package dynamodb

import (
	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/value"
)

// addCapacity adds the consumed capacity of a table to an answer, if the request asks
// for it.
func (r *request) addCapacity(answer *value.Object, table string, units float64) {
	how, _ := r.text("ReturnConsumedCapacity")
	if how == "" || how == "NONE" {
		return
	}
	consumed := value.NewObject("CapacityUnits", units, "TableName", table)
	if how == "INDEXES" {
		consumed.Add("Table", value.NewObject("CapacityUnits", units))
	}
	answer.Add("ConsumedCapacity", consumed)
}

// writeUnits returns the write capacity units of an item, which may be nil.
func writeUnits(item attribute.Item) float64 {
	return float64(max(1, (attribute.Size(item)+1023)>>10))
}

// readUnits returns the read capacity units of items with a size.
func readUnits(size int, consistent bool) float64 {
	units := float64(max(1, (size+4095)>>12))
	if consistent {
		return units
	}
	return units / 2
}
