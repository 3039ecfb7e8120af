package dynamodb

import (
	"fmt"
	"slices"
	"sort"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// maxPage is the size of the items that a page is taken from (API reference, "Query").
const maxPage = 1 << 20

// pageRequest is what Query and Scan have in common.
type pageRequest struct {
	*request
	table, index string
	selected     string // the Select
	limit        int    // 0: none
	start        attribute.Item
	consistent   bool
	filter       *expression.Condition
	projection   *expression.Paths
}

// readPage reads the members of a Query or a Scan.
func (r *request) readPage(newer, older []string) (*pageRequest, *refusal) {
	p := &pageRequest{request: r, table: r.tableName(), index: r.name("IndexName"), limit: r.integer("Limit", 1),
		start: r.attributes("ExclusiveStartKey"), consistent: r.flag("ConsistentRead")}
	p.selected = r.oneOf("Select", "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
	r.options()
	refused := r.refused()
	if refused == nil {
		refused = r.invalidParameters(newer, older)
	}
	return p, refused
}

// parse parses the filter, which an older parameter may have, and the projection. It
// returns the condition for the keys, nil if there is none.
func (p *pageRequest) parse(olderFilter string) (key *expression.Condition, _ *refusal) {
	filters, refused := p.comparisons(olderFilter)
	if refused != nil {
		return nil, refused
	}
	if p.projection, refused = p.attributesToGet(); refused != nil {
		return nil, refused
	}
	if problem := attribute.InvalidMap(p.start); problem != "" {
		return nil, invalid("The provided starting key is invalid: " + problem)
	}
	e, refused := p.expressions()
	if refused != nil {
		return nil, refused
	}
	p.filter = e.filter
	if len(filters) > 0 {
		p.filter = p.joined(filters)
	}
	if e.projection != nil {
		p.projection = e.projection
	}
	return e.key, p.refused()
}

// target returns the table and the index of a request.
func (d *Database) target(p *pageRequest) (*table, *index, *refusal) {
	t, refused := d.table(p.table)
	if refused != nil {
		return nil, nil, refused
	}
	x := t.index(p.index)
	switch {
	case x == nil:
		return nil, nil, invalid("The table does not have the specified index: " + p.index)
	case p.consistent && x != t.items && !x.local:
		return nil, nil, invalid("Consistent reads are not supported on global secondary indexes")
	}
	return t, x, nil
}

// startKeys returns the attributes of the key with which a page starts.
func (t *table) startKeys(x *index) []string {
	keys := slices.Clone(t.items.keys)
	for _, name := range x.keys {
		if !slices.Contains(keys, name) {
			keys = append(keys, name)
		}
	}
	return keys
}

const invalidStart = "The provided starting key is invalid"

// invalidTableKey refuses a starting key without a valid key of the table.
func (t *table) invalidTableKey(start attribute.Item) *refusal {
	key := value.NewObject()
	for _, name := range t.items.keys {
		if v := attribute.Get(start, name); v != nil {
			key.Add(name, v)
		}
	}
	if refused := t.invalidKey(key); refused != nil {
		return invalid(invalidStart + ": " + refused.message)
	}
	return nil
}

// invalidRead returns what is wrong with the attributes that a page has.
func (t *table) invalidRead(p *pageRequest, x *index) *refusal {
	refused := t.invalidPaths(p.projection.Nested())
	if refused == nil {
		refused = t.invalidPaths(p.filter.Nested())
	}
	switch {
	case refused != nil:
		return refused
	case p.selected == "ALL_ATTRIBUTES" && !x.all && !x.local:
		return invalid(invalidValues + "Select type ALL_ATTRIBUTES is not supported for global secondary index " + x.name + " because its projection type is not ALL")
	}
	return nil
}

// query handles Query.
func (d *Database) query(r *request) (*value.Object, *refusal) {
	p, refused := r.readPage([]string{"ProjectionExpression", "FilterExpression", "KeyConditionExpression"}, r.olderThanQuery())
	if refused != nil {
		return nil, refused
	}
	if !r.has("KeyConditionExpression") && !r.has("KeyConditions") {
		return nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	key, refused := p.parse("QueryFilter")
	if refused != nil {
		return nil, refused
	}
	conditions, refused := r.keyConditions(key)
	if refused != nil {
		return nil, refused
	}
	t, x, refused := d.target(p)
	if refused != nil {
		return nil, refused
	}
	if refused := t.invalidQuery(p, x, conditions); refused != nil {
		return nil, refused
	}
	if refused := t.invalidRead(p, x); refused != nil {
		return nil, refused
	}
	return t.page(p, x, x.matching(conditions), r.has("ScanIndexForward") && !r.flag("ScanIndexForward")), nil
}

// olderThanQuery returns the older parameters that a Query may not have beside
// expressions. KeyConditions may stand beside a filter expression.
func (r *request) olderThanQuery() []string {
	older := []string{"AttributesToGet", "QueryFilter", "ConditionalOperator"}
	if r.has("KeyConditionExpression") {
		older = append(older, "KeyConditions")
	}
	return older
}

// keyConditions returns the conditions for the keys of a Query.
func (r *request) keyConditions(key *expression.Condition) ([]expression.KeyCondition, *refusal) {
	var conditions []expression.KeyCondition
	if key != nil {
		keys, problem := key.Keys()
		if problem != "" {
			return nil, invalid(problem)
		}
		conditions = keys
	} else {
		list, refused := r.comparisons("KeyConditions")
		if refused != nil {
			return nil, refused
		}
		for _, c := range list {
			operator := expression.Operator(c.operator)
			conditions = append(conditions, expression.KeyCondition{Name: c.name, Operator: operator, Values: c.values})
		}
	}
	if n := len(conditions); n != 1 && n != 2 {
		return nil, invalid("Conditions can be of length 1 or 2 only")
	}
	return conditions, nil
}

// conditionOf returns the condition for an attribute; nil if there is none.
func conditionOf(conditions []expression.KeyCondition, name string) *expression.KeyCondition {
	for i := range conditions {
		if conditions[i].Name == name {
			return &conditions[i]
		}
	}
	return nil
}

// invalidQuery returns what is wrong with the conditions for the keys, and with the
// key with which the page starts.
func (t *table) invalidQuery(p *pageRequest, x *index, conditions []expression.KeyCondition) *refusal {
	if p.start != nil && p.start.Len() != len(t.startKeys(x)) {
		return invalid(invalidStart)
	}
	for i, name := range x.keys {
		if p.start != nil {
			if attribute.Get(p.start, name) == nil {
				return invalid(invalidStart)
			}
			if refused := t.invalidKeyPart(p.start, name, i == 0); refused != nil {
				return refused
			}
		}
		if i == 0 && len(x.keys) == 1 && len(conditions) > 1 {
			return invalid("Query key condition not supported")
		}
		c := conditionOf(conditions, name)
		switch {
		case c == nil && (i == 0 || len(conditions) > 1):
			return invalid("Query condition missed key schema element: " + name)
		case c == nil:
			continue
		case c.Operator == "" || c.Operator == "<>":
			return invalid("Attempted conditional constraint is not an indexable operation")
		case slices.ContainsFunc(c.Values, func(v attribute.Value) bool { return attribute.Kind(v) != t.types[name] }):
			return invalid(invalidValues + "Condition parameter type does not match schema type")
		case i == 0 && c.Operator != "=":
			return invalid("Query key condition not supported")
		}
	}
	if p.start != nil {
		if refused := t.invalidTableKey(p.start); refused != nil {
			return refused
		}
		same := conditionOf(conditions, x.keys[0]).Holds(attribute.Get(p.start, x.keys[0]))
		switch sorted := conditionOf(conditions, x.keys[len(x.keys)-1]); {
		case len(conditions) == 1 && !same:
			return invalid("The provided starting key is outside query boundaries based on provided conditions")
		case len(conditions) == 2 && !sorted.Holds(attribute.Get(p.start, sorted.Name)):
			return invalid("The provided starting key does not match the range key predicate")
		case !same:
			return invalid("The query can return at most one row and cannot be restarted")
		}
	}
	for _, name := range x.keys {
		if p.filter.Uses(name) {
			parameter := "Filter Expression"
			if p.has("QueryFilter") {
				parameter = "QueryFilter"
			}
			return invalid(parameter + " can only contain non-primary key attributes: Primary key attribute: " + name)
		}
	}
	return nil
}

// matching returns the entries for which the conditions hold: they are in one
// partition.
func (x *index) matching(conditions []expression.KeyCondition) []entry {
	partition := conditionOf(conditions, x.keys[0]).Values[0]
	prefix := string(partitionKey(partition))
	from := sort.Search(len(x.entries), func(i int) bool { return x.entries[i].key >= prefix })
	to := from
	for to < len(x.entries) && attribute.Equal(attribute.Get(x.entries[to].item, x.keys[0]), partition) {
		to++
	}
	list := x.entries[from:to]
	if len(conditions) == 1 {
		return list
	}
	sorted := conditionOf(conditions, x.keys[1])
	holds := func(e entry) bool { return sorted.Holds(attribute.Get(e.item, sorted.Name)) }
	first := slices.IndexFunc(list, holds)
	if first < 0 {
		return nil
	}
	list = list[first:]
	if end := slices.IndexFunc(list, func(e entry) bool { return !holds(e) }); end >= 0 {
		list = list[:end]
	}
	return list
}

// scan handles Scan.
func (d *Database) scan(r *request) (*value.Object, *refusal) {
	segment, segments := r.integer("Segment", 0), r.integer("TotalSegments", 1)
	p, refused := r.readPage([]string{"ProjectionExpression", "FilterExpression"}, []string{"AttributesToGet", "ScanFilter", "ConditionalOperator"})
	if refused == nil {
		_, refused = p.parse("ScanFilter")
	}
	if refused != nil {
		return nil, refused
	}
	switch {
	case r.has("Segment") && segments == 0:
		return nil, invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case segments > 0 && !r.has("Segment"):
		return nil, invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case segments > 0 && segment >= segments:
		return nil, invalid(fmt.Sprintf("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", segment, segments))
	}
	t, x, refused := d.target(p)
	if refused != nil {
		return nil, refused
	}
	if refused := t.invalidScanStart(p.start, x); refused != nil {
		return nil, refused
	}
	if refused := t.invalidRead(p, x); refused != nil {
		return nil, refused
	}
	entries := x.entries
	if segments > 1 {
		from := sort.Search(len(entries), func(i int) bool { return segmentOf(entries[i].key, segments) >= segment })
		to := sort.Search(len(entries), func(i int) bool { return segmentOf(entries[i].key, segments) > segment })
		entries = entries[from:to]
	}
	return t.page(p, x, entries, false), nil
}

// segmentOf returns the segment of a key among so many.
func segmentOf(key string, segments int) int {
	return (int(key[0])<<8 | int(key[1])) * segments >> 16
}

// invalidScanStart returns what is wrong with the key with which a scan starts.
func (t *table) invalidScanStart(start attribute.Item, x *index) *refusal {
	if start == nil {
		return nil
	}
	if start.Len() != len(t.startKeys(x)) {
		if x == t.items {
			return invalid(invalidStart + ": " + schemaMismatch)
		}
		return invalid(invalidStart)
	}
	if x != t.items {
		for i, name := range x.keys {
			if attribute.Get(start, name) == nil {
				return invalid(invalidStart)
			}
			if refused := t.invalidKeyPart(start, name, i == 0); refused != nil {
				return refused
			}
		}
	}
	return t.invalidTableKey(start)
}

// page answers with a page of entries.
func (t *table) page(p *pageRequest, x *index, entries []entry, backward bool) *value.Object {
	if p.start != nil {
		key := t.keyOf(x, p.start)
		if backward {
			entries = entries[:sort.Search(len(entries), func(i int) bool { return entries[i].key >= key })]
		} else {
			entries = entries[sort.Search(len(entries), func(i int) bool { return entries[i].key > key }):]
		}
	}
	// An index on this machine's table has the items that it does not project too.
	whole := x.local && !x.all && (p.selected == "ALL_ATTRIBUTES" || p.projection != nil)
	items := []any{}
	var last attribute.Item
	scanned, size, read := 0, 0, 0
	for size < maxPage && scanned < len(entries) && (p.limit == 0 || scanned < p.limit) {
		e := &entries[scanned]
		if backward {
			e = &entries[len(entries)-1-scanned]
		}
		scanned++
		size += e.size
		last = e.item
		item := e.item
		if whole {
			item = t.get(item)
			read += attribute.Size(item)
		}
		if !p.filter.Holds(item) {
			continue
		}
		if p.projection != nil {
			item = p.projection.Of(item)
		}
		items = append(items, item)
	}
	answer := value.NewObject("Count", float64(len(items)), "ScannedCount", float64(scanned))
	if p.selected != "COUNT" {
		answer.Add("Items", items)
	}
	if last != nil && (scanned == p.limit || size >= maxPage) {
		key := value.NewObject()
		for _, name := range t.startKeys(x) {
			key.Add(name, attribute.Get(last, name))
		}
		answer.Add("LastEvaluatedKey", key)
	}
	p.addPageCapacity(answer, x, size, read)
	return answer
}
