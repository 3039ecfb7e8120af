package dynamodb

import (
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// maxItem is the size of the largest item (developer guide, "Quotas").
const maxItem = 400 << 10

// attributes returns an item, a key or values; nil if the request does not have them.
func (r *request) attributes(name string) attribute.Item {
	v, ok := r.get(name)
	if !ok {
		return nil
	}
	if problem := attribute.UntypedMap(v); problem != "" {
		if r.untyped == "" {
			r.untyped = problem
		}
		return nil
	}
	return v.(attribute.Item)
}

// expressions are those of a request.
type expressions struct {
	update     *expression.Update
	condition  *expression.Condition
	key        *expression.Condition
	filter     *expression.Condition
	projection *expression.Paths
}

// invalidParameters returns what is wrong with the parameters that have to do with
// expressions: with those that the operation has, and the older ones that they
// replace.
func (r *request) invalidParameters(expressions, older []string) *refusal {
	present := func(names []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !r.has(name) })
	}
	given := present(expressions)
	if old := present(older); len(given) > 0 && len(old) > 0 {
		return invalid("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {" +
			strings.Join(old, ", ") + "} Expression parameters: {" + strings.Join(given, ", ") + "}")
	}
	if r.has("ExpressionAttributeNames") && len(given) == 0 {
		return invalid("ExpressionAttributeNames can only be specified when using expressions")
	}
	valued := slices.DeleteFunc(slices.Clone(expressions), func(name string) bool { return name == "ProjectionExpression" })
	if r.has("ExpressionAttributeValues") && len(valued) > 0 && len(present(valued)) == 0 {
		are := " is null"
		if len(valued) > 1 {
			are = " are null"
		}
		return invalid("ExpressionAttributeValues can only be specified when using expressions: " + strings.Join(valued, " and ") + are)
	}
	return nil
}

// expressions parses the expressions of a request.
func (r *request) expressions() (e expressions, refused *refusal) {
	names, values := r.object("ExpressionAttributeNames"), r.attributes("ExpressionAttributeValues")
	texts := map[string]string{}
	for _, name := range []string{"UpdateExpression", "ConditionExpression", "KeyConditionExpression", "FilterExpression", "ProjectionExpression"} {
		if text, ok := r.text(name); ok {
			texts[name] = text
		}
	}
	if refused := r.refused(); refused != nil {
		return e, refused
	}
	scope, problem := expression.NewScope(names, values)
	if problem != "" {
		return e, invalid(problem)
	}
	for _, one := range []struct {
		name  string
		parse func(text string) (problem string)
	}{
		{"UpdateExpression", func(text string) (problem string) { e.update, problem = scope.Update(text); return }},
		{"ConditionExpression", func(text string) (problem string) { e.condition, problem = scope.Condition(text); return }},
		{"KeyConditionExpression", func(text string) (problem string) { e.key, problem = scope.Condition(text); return }},
		{"FilterExpression", func(text string) (problem string) { e.filter, problem = scope.Condition(text); return }},
		{"ProjectionExpression", func(text string) (problem string) { e.projection, problem = scope.Projection(text); return }},
	} {
		text, ok := texts[one.name]
		if !ok {
			continue
		}
		if problem := one.parse(text); problem != "" {
			return e, invalid("Invalid " + one.name + ": " + problem)
		}
	}
	return e, invalid(scope.Unused())
}

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
	table     *table
	old, item attribute.Item // nil if there is none
}

// prepare returns what a write does, without doing it.
func (d *Database) prepare(w *write) (*change, *refusal) {
	t, refused := d.table(w.table)
	if refused != nil {
		return nil, refused
	}
	if w.whole {
		refused = t.invalidItem(w.key)
	} else {
		refused = t.invalidKey(w.key)
	}
	if refused == nil {
		refused = t.invalidUpdate(w.update)
	}
	if refused != nil {
		return nil, refused
	}
	c := &change{table: t, old: t.get(w.key), item: w.key}
	if !w.condition.Holds(c.old) {
		refused := refusef("ConditionalCheckFailedException", "The conditional request failed")
		if w.onFailure && c.old != nil {
			refused.members = value.NewObject("Item", c.old)
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
			return nil, invalid(problem)
		}
		if attribute.Size(c.item) > maxItem {
			return nil, invalid("Item size to update has exceeded the maximum allowed size")
		}
		if refused := t.invalidItem(c.item); refused != nil {
			return nil, refused
		}
	}
	return c, nil
}

func (c *change) apply() { c.table.set(c.old, c.item) }

// invalidUpdate refuses an update of keys.
func (t *table) invalidUpdate(u *expression.Update) *refusal {
	for _, name := range t.items.keys {
		if _, changes := u.Changes(name); changes {
			return invalid("One or more parameter values were invalid: Cannot update attribute " + name + ". This attribute is part of the key")
		}
	}
	for _, x := range t.indexes {
		for _, name := range x.keys {
			if kind, changes := u.Changes(name); changes && kind != "" {
				if refused := t.invalidIndexKey(x, name, kind); refused != nil {
					return refused
				}
			}
		}
	}
	return t.invalidPaths(u.Paths().Nested())
}

// The parameters that all writes have.
func (r *request) options() {
	r.oneOf("ReturnConsumedCapacity", "INDEXES", "TOTAL", "NONE")
	r.oneOf("ReturnItemCollectionMetrics", "SIZE", "NONE")
}

// readWrite reads a request that writes an item. The member has the item or the key.
func (r *request) readWrite(member string, expressions, older []string) (*write, *refusal) {
	r.options()
	w := &write{table: r.tableName(), whole: member == "Item"}
	r.required(member)
	w.key = r.attributes(member)
	w.returned = r.oneOf("ReturnValues", "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
	w.onFailure = r.oneOf("ReturnValuesOnConditionCheckFailure", "ALL_OLD", "NONE") == "ALL_OLD"
	refused := r.refused()
	if refused == nil {
		refused = r.invalidParameters(expressions, older)
	}
	if refused == nil {
		refused = invalid(attribute.InvalidMap(w.key))
	}
	if refused == nil && !slices.Contains(expressions, "UpdateExpression") && w.returned != "" && w.returned != "ALL_OLD" && w.returned != "NONE" {
		refused = invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	if refused == nil && w.whole && attribute.Size(w.key) > maxItem {
		refused = invalid("Item size has exceeded the maximum allowed size")
	}
	if refused != nil {
		return nil, refused
	}
	if w.update, refused = r.updates(); refused != nil {
		return nil, refused
	}
	if w.condition, refused = r.expected(); refused != nil {
		return nil, refused
	}
	e, refused := r.expressions()
	if e.condition != nil {
		w.condition = e.condition
	}
	if e.update != nil {
		w.update = e.update
	}
	return w, refused
}

// write does a write, and answers it.
func (d *Database) write(r *request, w *write) (*value.Object, *refusal) {
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
	r.addCapacity(answer, w.table, max(writeUnits(c.old), writeUnits(c.item)))
	return answer, nil
}

func (d *Database) putItem(r *request) (*value.Object, *refusal) {
	w, refused := r.readWrite("Item", []string{"ConditionExpression"}, []string{"Expected"})
	if refused != nil {
		return nil, refused
	}
	return d.write(r, w)
}

func (d *Database) deleteItem(r *request) (*value.Object, *refusal) {
	w, refused := r.readWrite("Key", []string{"ConditionExpression"}, []string{"Expected"})
	if refused != nil {
		return nil, refused
	}
	w.deletes = true
	return d.write(r, w)
}

func (d *Database) updateItem(r *request) (*value.Object, *refusal) {
	w, refused := r.readWrite("Key", []string{"UpdateExpression", "ConditionExpression"}, []string{"AttributeUpdates", "Expected"})
	if refused != nil {
		return nil, refused
	}
	return d.write(r, w)
}

func (d *Database) getItem(r *request) (*value.Object, *refusal) {
	name := r.tableName()
	r.required("Key")
	key := r.attributes("Key")
	consistent := r.flag("ConsistentRead")
	r.options()
	refused := r.refused()
	if refused == nil {
		refused = r.invalidParameters([]string{"ProjectionExpression"}, []string{"AttributesToGet"})
	}
	if refused == nil {
		refused = invalid(attribute.InvalidMap(key))
	}
	if refused != nil {
		return nil, refused
	}
	projection, refused := r.projection()
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
	r.addCapacity(answer, name, readUnits(item.size, consistent))
	return answer, nil
}

// projection reads the paths that a request asks for; nil if it asks for all.
func (r *request) projection() (*expression.Paths, *refusal) {
	older, refused := r.attributesToGet()
	if refused != nil {
		return nil, refused
	}
	e, refused := r.expressions()
	if e.projection != nil {
		return e.projection, refused
	}
	return older, refused
}

// found is an item that was read.
type found struct {
	projected attribute.Item // nil if there is none
	size      int            // of the whole item
}

// read reads an item.
func (d *Database) read(name string, key attribute.Item, projection *expression.Paths) (found, *refusal) {
	t, refused := d.table(name)
	if refused == nil {
		refused = t.invalidKey(key)
	}
	if refused == nil {
		refused = t.invalidPaths(projection.Nested())
	}
	if refused != nil {
		return found{}, refused
	}
	item := t.get(key)
	if item == nil {
		return found{}, nil
	}
	f := found{item, attribute.Size(item)}
	if projection != nil {
		f.projected = projection.Of(item)
	}
	return f, nil
}
