package dynamodb

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/expression"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/request"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/table"
	"github.com/mapjob/mapjob/internal/value"
)

// The limits of batches (API reference, "BatchGetItem" and "BatchWriteItem").
const (
	mostGets    = 100
	mostWrites  = 25
	maxBatchGet = 16 << 20
)

const duplicateKeys = "Provided list of item keys contains duplicates"

// requestItems returns the requests of a batch by tables.
func requestItems(r *request.Request) *value.Object {
	r.Required("RequestItems")
	tables := r.Object("RequestItems")
	if tables != nil && tables.Len() == 0 {
		r.Constrain("RequestItems", "'{}'", "Member must have length greater than or equal to 1")
	}
	return tables
}

// batchGet handles BatchGetItem.
func (d *Database) batchGet(r *request.Request) (*value.Object, *request.Refusal) {
	tables := requestItems(r)
	r.Options()
	if refused := r.Refused(); refused != nil {
		return nil, refused
	}
	var reads []*batchRead
	count := 0
	for name, v := range tables.All() {
		b, refused := readBatch(name, v)
		if refused != nil {
			return nil, refused
		}
		if count += len(b.keys); count > mostGets {
			return nil, request.Invalid("Too many items requested for the BatchGetItem call")
		}
		reads = append(reads, b)
	}
	responses, unprocessed := value.NewObject(), value.NewObject()
	used := newUnits()
	size := 0
	for _, b := range reads {
		if refused := d.readAll(b, &size, used); refused != nil {
			return nil, refused
		}
		responses.Add(b.table, b.items)
		if len(b.left) > 0 {
			unprocessed.Add(b.table, b.members.With("Keys", b.left))
		}
	}
	answer := value.NewObject("Responses", responses, "UnprocessedKeys", unprocessed)
	used.answer(r, answer)
	return answer, nil
}

// batchRead is the part of a BatchGetItem for a table.
type batchRead struct {
	table      string
	members    *value.Object
	keys       []attribute.Item
	projection *expression.Paths
	consistent bool

	items, left []any // what was read, and the keys of what did not fit
}

func readBatch(table string, v any) (*batchRead, *request.Refusal) {
	members, _ := v.(*value.Object)
	r := request.New(members, "requestItems."+table+".member.")
	b := &batchRead{table: table, members: members, consistent: r.Flag("ConsistentRead"), items: []any{}}
	r.Required("Keys")
	list := r.List("Keys")
	switch n := len(list); {
	case r.Has("Keys") && n == 0:
		r.Constrain("Keys", "'[]'", "Member must have length greater than or equal to 1")
	case n > mostGets:
		r.Constrain("Keys", "'"+value.Text(list)+"'", fmt.Sprintf("Member must have length less than or equal to %d", mostGets))
	}
	for _, key := range list {
		if problem := attribute.UntypedMap(key); problem != "" {
			r.Untyped(problem)
			break
		}
		b.keys = append(b.keys, key.(attribute.Item))
	}
	refused := r.Refused()
	if refused == nil {
		refused = r.InvalidParameters([]string{"ProjectionExpression"}, []string{"AttributesToGet"})
	}
	if refused == nil {
		b.projection, refused = r.Projection()
	}
	if refused != nil {
		return nil, refused
	}
	for i, key := range b.keys {
		if problem := attribute.InvalidMap(key); problem != "" {
			return nil, request.Invalid(problem)
		}
		for _, other := range b.keys[:i] {
			if attribute.EqualMaps(key, other) {
				return nil, request.Invalid(duplicateKeys)
			}
		}
	}
	return b, nil
}

// readAll reads the items of a batch, as long as all of them together are not too
// large.
func (d *Database) readAll(b *batchRead, size *int, used *units) *request.Refusal {
	for _, key := range b.keys {
		f, refused := d.read(b.table, key, b.projection)
		if refused != nil {
			return refused
		}
		if *size+f.size > maxBatchGet {
			b.left = append(b.left, key)
			continue
		}
		*size += f.size
		used.add(b.table, readUnits(f.size, b.consistent))
		if f.projected != nil {
			b.items = append(b.items, f.projected)
		}
	}
	return nil
}

// batchWrite handles BatchWriteItem.
func (d *Database) batchWrite(r *request.Request) (*value.Object, *request.Refusal) {
	tables := requestItems(r)
	r.Options()
	for name, v := range tables.All() {
		if list, ok := v.([]any); !ok {
			r.Mistyped("%s: Unexpected field type", name)
		} else if n := len(list); n < 1 || n > mostWrites {
			r.Constrain("RequestItems", "'"+value.Text(tables)+"'", "Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]")
		}
	}
	if refused := r.Refused(); refused != nil {
		return nil, refused
	}
	var writes []*write
	for name, v := range tables.All() {
		for i, v := range v.([]any) {
			w, refused := readBatchWrite(name, i, v)
			if refused != nil {
				return nil, refused
			}
			writes = append(writes, w)
		}
	}
	changes, refused := d.prepareBatch(writes)
	if refused != nil {
		return nil, refused
	}
	used := newUnits()
	for i, c := range changes {
		c.apply()
		used.add(writes[i].table, max(writeUnits(c.old), writeUnits(c.item)))
	}
	answer := value.NewObject("UnprocessedItems", value.NewObject())
	used.answer(r, answer)
	return answer, nil
}

// readBatchWrite reads the i-th request of a table.
func readBatchWrite(table string, i int, v any) (*write, *request.Refusal) {
	members, _ := v.(*value.Object)
	r := request.New(members, fmt.Sprintf("requestItems.%s.member.%d.member.", table, i+1))
	w := &write{table: table, whole: r.Has("PutRequest"), deletes: r.Has("DeleteRequest")}
	if w.whole == w.deletes {
		return nil, request.Invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	}
	kind, member := "DeleteRequest", "Key"
	if w.whole {
		kind, member = "PutRequest", "Item"
	}
	one := r.Within(kind)
	one.Required(member)
	w.key = one.Attributes(member)
	refused := r.Refused()
	if refused == nil {
		refused = one.Refused()
	}
	if refused == nil {
		refused = request.Invalid(attribute.InvalidMap(w.key))
	}
	if refused == nil && w.whole && attribute.Size(w.key) > maxItem {
		refused = request.Invalid("Item size has exceeded the maximum allowed size")
	}
	return w, refused
}

// prepareBatch returns what the writes of a batch do, no two of which are of one item.
func (d *Database) prepareBatch(writes []*write) ([]*change, *request.Refusal) {
	if refused := d.distinct(writes, duplicateKeys); refused != nil {
		return nil, refused
	}
	var changes []*change
	for _, w := range writes {
		c, refused := d.prepare(w)
		switch {
		case refused == nil:
			changes = append(changes, c)
		case strings.Contains(refused.Message, "Missing the key") || strings.Contains(refused.Message, "Type mismatch for key"):
			return nil, request.Invalid(table.SchemaMismatch)
		default:
			return nil, refused
		}
	}
	return changes, nil
}

// distinct refuses two writes of one item.
func (d *Database) distinct(writes []*write, problem string) *request.Refusal {
	seen := map[[2]string]bool{}
	for _, w := range writes {
		t, refused := d.table(w.table)
		if refused != nil {
			return refused
		}
		key := [2]string{w.table, t.KeyOf(t.Items, w.key)}
		if seen[key] {
			return request.Invalid(problem)
		}
		seen[key] = true
	}
	return nil
}
