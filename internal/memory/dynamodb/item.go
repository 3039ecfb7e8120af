package dynamodb

import (
	"slices"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/expression"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/request"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/table"
	"github.com/mapjob/mapjob/internal/value"
)

// maxItem is the size of the largest item (developer guide, "Quotas").
const maxItem = 400 << 10

// write is a request that writes an item, or checks one.
type write struct {
	table     string
	key       attribute.Item // or the whole item
	whole     bool
	deletes   bool
	checks    bool // and changes nothing
	condition *expression.Condition
	update    *expression.Update
	returned  string // the ReturnValues
	onFailure bool   // an error of the condition has the item
}

// change is what a write does.
type change struct {
	table     *table.Table
	old, item attribute.Item // nil if there is none
}

// prepare returns what a write does, without doing it.
func (d *Database) prepare(w *write) (*change, *request.Refusal) {
	t, refused := d.table(w.table)
	if refused != nil {
		return nil, refused
	}
	if w.whole {
		refused = request.Invalid(t.InvalidItem(w.key))
	} else {
		refused = request.Invalid(t.InvalidKey(w.key))
	}
	if refused == nil {
		refused = invalidUpdate(t, w.update)
	}
	if refused != nil {
		return nil, refused
	}
	c := &change{table: t, old: t.Get(w.key), item: w.key}
	if !w.condition.Holds(c.old) {
		refused := request.Refusef("ConditionalCheckFailedException", "The conditional request failed")
		if w.onFailure && c.old != nil {
			refused.Members = value.NewObject("Item", c.old)
		}
		return nil, refused
	}
	switch {
	case w.checks:
		c.item = c.old
	case w.deletes:
		c.item = nil
	case !w.whole:
		item := c.old
		if item == nil {
			item = w.key
		}
		var problem string
		if c.item, problem = w.update.Apply(item); problem != "" {
			return nil, request.Invalid(problem)
		}
		if attribute.Size(c.item) > maxItem {
			return nil, request.Invalid("Item size to update has exceeded the maximum allowed size")
		}
		if problem := t.InvalidItem(c.item); problem != "" {
			return nil, request.Invalid(problem)
		}
	}
	return c, nil
}

func (c *change) apply() { c.table.Set(c.old, c.item) }

// invalidUpdate refuses an update of keys.
func invalidUpdate(t *table.Table, u *expression.Update) *request.Refusal {
	for _, name := range t.Items.Keys {
		if _, changes := u.Changes(name); changes {
			return request.Invalid("One or more parameter values were invalid: Cannot update attribute " + name + ". This attribute is part of the key")
		}
	}
	for _, x := range t.Indexes {
		for _, name := range x.Keys {
			if kind, changes := u.Changes(name); changes && kind != "" {
				if problem := t.InvalidIndexKey(x, name, kind); problem != "" {
					return request.Invalid(problem)
				}
			}
		}
	}
	return request.Invalid(t.InvalidPaths(u.Paths().Nested()))
}

// readWrite reads a request that writes an item. The member has the item or the key.
func readWrite(r *request.Request, member string, expressions, older []string) (*write, *request.Refusal) {
	r.Options()
	w := &write{table: r.TableName(), whole: member == "Item"}
	r.Required(member)
	w.key = r.Attributes(member)
	w.returned = r.OneOf("ReturnValues", "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
	w.onFailure = r.OneOf("ReturnValuesOnConditionCheckFailure", "ALL_OLD", "NONE") == "ALL_OLD"
	refused := r.Refused()
	if refused == nil {
		refused = r.InvalidParameters(expressions, older)
	}
	if refused == nil {
		refused = request.Invalid(attribute.InvalidMap(w.key))
	}
	if refused == nil && !slices.Contains(expressions, "UpdateExpression") && w.returned != "" && w.returned != "ALL_OLD" && w.returned != "NONE" {
		refused = request.Invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	if refused == nil && w.whole && attribute.Size(w.key) > maxItem {
		refused = request.Invalid("Item size has exceeded the maximum allowed size")
	}
	if refused != nil {
		return nil, refused
	}
	if w.update, refused = r.Updates(); refused != nil {
		return nil, refused
	}
	if w.condition, refused = r.Expected(); refused != nil {
		return nil, refused
	}
	e, refused := r.Expressions()
	if e.Condition != nil {
		w.condition = e.Condition
	}
	if e.Update != nil {
		w.update = e.Update
	}
	return w, refused
}

// write does a write, and answers it.
func (d *Database) write(r *request.Request, w *write) (*value.Object, *request.Refusal) {
	c, refused := d.prepare(w)
	if refused != nil {
		return nil, refused
	}
	c.apply()
	answer := value.NewObject()
	var returned attribute.Item
	switch w.returned {
	case "ALL_OLD":
		returned = c.old
	case "ALL_NEW":
		returned = c.item
	case "UPDATED_OLD":
		if c.old != nil {
			returned = w.update.Paths().Of(c.old)
		}
	case "UPDATED_NEW":
		returned = w.update.Paths().Of(c.item)
	}
	if returned != nil {
		answer.Add("Attributes", returned)
	}
	addCapacity(r, answer, w.table, max(writeUnits(c.old), writeUnits(c.item)))
	return answer, nil
}

func (d *Database) putItem(r *request.Request) (*value.Object, *request.Refusal) {
	w, refused := readWrite(r, "Item", []string{"ConditionExpression"}, []string{"Expected"})
	if refused != nil {
		return nil, refused
	}
	return d.write(r, w)
}

func (d *Database) deleteItem(r *request.Request) (*value.Object, *request.Refusal) {
	w, refused := readWrite(r, "Key", []string{"ConditionExpression"}, []string{"Expected"})
	if refused != nil {
		return nil, refused
	}
	w.deletes = true
	return d.write(r, w)
}

func (d *Database) updateItem(r *request.Request) (*value.Object, *request.Refusal) {
	w, refused := readWrite(r, "Key", []string{"UpdateExpression", "ConditionExpression"}, []string{"AttributeUpdates", "Expected"})
	if refused != nil {
		return nil, refused
	}
	return d.write(r, w)
}

func (d *Database) getItem(r *request.Request) (*value.Object, *request.Refusal) {
	name := r.TableName()
	r.Required("Key")
	key := r.Attributes("Key")
	consistent := r.Flag("ConsistentRead")
	r.Options()
	refused := r.Refused()
	if refused == nil {
		refused = r.InvalidParameters([]string{"ProjectionExpression"}, []string{"AttributesToGet"})
	}
	if refused == nil {
		refused = request.Invalid(attribute.InvalidMap(key))
	}
	if refused != nil {
		return nil, refused
	}
	projection, refused := r.Projection()
	if refused != nil {
		return nil, refused
	}
	item, refused := d.read(name, key, projection)
	if refused != nil {
		return nil, refused
	}
	answer := value.NewObject()
	if item.projected != nil {
		answer.Add("Item", item.projected)
	}
	addCapacity(r, answer, name, readUnits(item.size, consistent))
	return answer, nil
}

// found is an item that was read.
type found struct {
	projected attribute.Item // nil if there is none
	size      int            // of the whole item
}

// read reads an item.
func (d *Database) read(name string, key attribute.Item, projection *expression.Paths) (found, *request.Refusal) {
	t, refused := d.table(name)
	if refused == nil {
		refused = request.Invalid(t.InvalidKey(key))
	}
	if refused == nil {
		refused = request.Invalid(t.InvalidPaths(projection.Nested()))
	}
	if refused != nil {
		return found{}, refused
	}
	item := t.Get(key)
	if item == nil {
		return found{}, nil
	}
	f := found{item, attribute.Size(item)}
	if projection != nil {
		f.projected = projection.Of(item)
	}
	return f, nil
}
