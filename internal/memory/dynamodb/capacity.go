package dynamodb

import (
	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/request"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/table"
	"github.com/mapjob/mapjob/internal/value"
)

// addCapacity adds the consumed capacity of a table to an answer, if the request asks
// for it.
func addCapacity(r *request.Request, answer *value.Object, table string, units float64) {
	how, _ := r.Text("ReturnConsumedCapacity")
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

// addPageCapacity adds the consumed capacity of a page, whose items have these sizes:
// those of the table or the index, and those read from the table besides.
func (p *pageRequest) addPageCapacity(answer *value.Object, x *table.Index, size, read int) {
	how, _ := p.Text("ReturnConsumedCapacity")
	if how == "" || how == "NONE" {
		return
	}
	units := func(size int) float64 {
		n := float64((size + 4095) >> 12)
		if p.consistent {
			return n
		}
		return n / 2
	}
	ofTable, ofIndex := units(read), units(size)
	if x.Name == "" {
		ofTable, ofIndex = units(size), 0
	}
	consumed := value.NewObject("CapacityUnits", ofTable+ofIndex, "TableName", p.table)
	if how == "INDEXES" {
		consumed.Add("Table", value.NewObject("CapacityUnits", ofTable))
		if x.Name != "" {
			indexes := "GlobalSecondaryIndexes"
			if x.Local {
				indexes = "LocalSecondaryIndexes"
			}
			consumed.Add(indexes, value.NewObject(x.Name, value.NewObject("CapacityUnits", ofIndex)))
		}
	}
	answer.Add("ConsumedCapacity", consumed)
}

// units are the capacity units of the tables of a request.
type units struct {
	tables []string
	used   map[string]float64
}

func newUnits() *units { return &units{used: map[string]float64{}} }

func (u *units) add(table string, n float64) {
	if _, ok := u.used[table]; !ok {
		u.tables = append(u.tables, table)
	}
	u.used[table] += n
}

// answer adds the units to an answer, if the request asks for them.
func (u *units) answer(r *request.Request, answer *value.Object) {
	list := []any{}
	for _, table := range u.tables {
		one := value.NewObject()
		addCapacity(r, one, table, u.used[table])
		consumed, ok := one.Get("ConsumedCapacity")
		if !ok {
			return
		}
		list = append(list, consumed)
	}
	answer.Add("ConsumedCapacity", list)
}
