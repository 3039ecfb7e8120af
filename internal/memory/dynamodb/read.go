package dynamodb

import (
	"fmt"
	"slices"
	"sort"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/expression"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/request"
	"github.com/mapjob/mapjob/internal/memory/dynamodb/table"
	"github.com/mapjob/mapjob/internal/value"
)

// maxPage is the size of the items that a page is taken from (API reference, "Query").
const maxPage = 1 << 20

// pageRequest is what Query and Scan have in common.
type pageRequest struct {
	*request.Request
	table, index string
	selected     string // the Select
	limit        int    // 0: none
	start        attribute.Item
	consistent   bool
	filter       *expression.Condition
	projection   *expression.Paths
}

// readPage reads the members of a Query or a Scan.
func readPage(r *request.Request, newer, older []string) (*pageRequest, *request.Refusal) {
	p := &pageRequest{Request: r, table: r.TableName(), index: r.Name("IndexName"), limit: r.Integer("Limit", 1),
		start: r.Attributes("ExclusiveStartKey"), consistent: r.Flag("ConsistentRead")}
	p.selected = r.OneOf("Select", "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
	r.Options()
	refused := r.Refused()
	if refused == nil {
		refused = r.InvalidParameters(newer, older)
	}
	return p, refused
}

// parse parses the filter, which an older parameter may have, and the projection. It
// returns the condition for the keys, nil if there is none.
func (p *pageRequest) parse(olderFilter string) (key *expression.Condition, _ *request.Refusal) {
	filters, refused := p.Comparisons(olderFilter)
	if refused != nil {
		return nil, refused
	}
	if p.projection, refused = p.AttributesToGet(); refused != nil {
		return nil, refused
	}
	if problem := attribute.InvalidMap(p.start); problem != "" {
		return nil, request.Invalid("The provided starting key is invalid: " + problem)
	}
	e, refused := p.Expressions()
	if refused != nil {
		return nil, refused
	}
	p.filter = e.Filter
	if len(filters) > 0 {
		p.filter = p.Joined(filters)
	}
	if e.Projection != nil {
		p.projection = e.Projection
	}
	return e.Key, p.Refused()
}

// target returns the table and the index of a request.
func (d *Database) target(p *pageRequest) (*table.Table, *table.Index, *request.Refusal) {
	t, refused := d.table(p.table)
	if refused != nil {
		return nil, nil, refused
	}
	x := t.Index(p.index)
	switch {
	case x == nil:
		return nil, nil, request.Invalid("The table does not have the specified index: " + p.index)
	case p.consistent && x != t.Items && !x.Local:
		return nil, nil, request.Invalid("Consistent reads are not supported on global secondary indexes")
	}
	return t, x, nil
}

const invalidStart = "The provided starting key is invalid"

// invalidTableKey refuses a starting key without a valid key of the table.
func invalidTableKey(t *table.Table, start attribute.Item) *request.Refusal {
	key := value.NewObject()
	for _, name := range t.Items.Keys {
		if v := attribute.Get(start, name); v != nil {
			key.Add(name, v)
		}
	}
	if problem := t.InvalidKey(key); problem != "" {
		return request.Invalid(invalidStart + ": " + problem)
	}
	return nil
}

// invalidRead returns what is wrong with the attributes that a page has.
func invalidRead(t *table.Table, p *pageRequest, x *table.Index) *request.Refusal {
	refused := request.Invalid(t.InvalidPaths(p.projection.Nested()))
	if refused == nil {
		refused = request.Invalid(t.InvalidPaths(p.filter.Nested()))
	}
	switch {
	case refused != nil:
		return refused
	case p.selected == "ALL_ATTRIBUTES" && !x.All && !x.Local:
		return request.Invalid(request.InvalidValues + "Select type ALL_ATTRIBUTES is not supported for global secondary index " + x.Name + " because its projection type is not ALL")
	}
	return nil
}

// query handles Query.
func (d *Database) query(r *request.Request) (*value.Object, *request.Refusal) {
	p, refused := readPage(r, []string{"ProjectionExpression", "FilterExpression", "KeyConditionExpression"}, olderThanQuery(r))
	if refused != nil {
		return nil, refused
	}
	if !r.Has("KeyConditionExpression") && !r.Has("KeyConditions") {
		return nil, request.Invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	key, refused := p.parse("QueryFilter")
	if refused != nil {
		return nil, refused
	}
	conditions, refused := keyConditions(r, key)
	if refused != nil {
		return nil, refused
	}
	t, x, refused := d.target(p)
	if refused != nil {
		return nil, refused
	}
	if refused := invalidQuery(t, p, x, conditions); refused != nil {
		return nil, refused
	}
	if refused := invalidRead(t, p, x); refused != nil {
		return nil, refused
	}
	return page(t, p, x, matching(x, conditions), r.Has("ScanIndexForward") && !r.Flag("ScanIndexForward")), nil
}

// olderThanQuery returns the older parameters that a Query may not have beside
// expressions. KeyConditions may stand beside a filter expression.
func olderThanQuery(r *request.Request) []string {
	older := []string{"AttributesToGet", "QueryFilter", "ConditionalOperator"}
	if r.Has("KeyConditionExpression") {
		older = append(older, "KeyConditions")
	}
	return older
}

// keyConditions returns the conditions for the keys of a Query.
func keyConditions(r *request.Request, key *expression.Condition) ([]expression.KeyCondition, *request.Refusal) {
	var conditions []expression.KeyCondition
	if key != nil {
		keys, problem := key.Keys()
		if problem != "" {
			return nil, request.Invalid(problem)
		}
		conditions = keys
	} else {
		list, refused := r.Comparisons("KeyConditions")
		if refused != nil {
			return nil, refused
		}
		for _, c := range list {
			operator := expression.Operator(c.Operator)
			conditions = append(conditions, expression.KeyCondition{Name: c.Name, Operator: operator, Values: c.Values})
		}
	}
	if n := len(conditions); n != 1 && n != 2 {
		return nil, request.Invalid("Conditions can be of length 1 or 2 only")
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
func invalidQuery(t *table.Table, p *pageRequest, x *table.Index, conditions []expression.KeyCondition) *request.Refusal {
	if p.start != nil && p.start.Len() != len(t.StartKeys(x)) {
		return request.Invalid(invalidStart)
	}
	for i, name := range x.Keys {
		if p.start != nil {
			if attribute.Get(p.start, name) == nil {
				return request.Invalid(invalidStart)
			}
			if problem := t.InvalidKeyPart(p.start, name, i == 0); problem != "" {
				return request.Invalid(problem)
			}
		}
		if i == 0 && len(x.Keys) == 1 && len(conditions) > 1 {
			return request.Invalid("Query key condition not supported")
		}
		c := conditionOf(conditions, name)
		switch {
		case c == nil && (i == 0 || len(conditions) > 1):
			return request.Invalid("Query condition missed key schema element: " + name)
		case c == nil:
			continue
		case c.Operator == "" || c.Operator == "<>":
			return request.Invalid("Attempted conditional constraint is not an indexable operation")
		case slices.ContainsFunc(c.Values, func(v attribute.Value) bool { return attribute.Kind(v) != t.Types[name] }):
			return request.Invalid(request.InvalidValues + "Condition parameter type does not match schema type")
		case i == 0 && c.Operator != "=":
			return request.Invalid("Query key condition not supported")
		}
	}
	if p.start != nil {
		if refused := invalidTableKey(t, p.start); refused != nil {
			return refused
		}
		same := conditionOf(conditions, x.Keys[0]).Holds(attribute.Get(p.start, x.Keys[0]))
		switch sorted := conditionOf(conditions, x.Keys[len(x.Keys)-1]); {
		case len(conditions) == 1 && !same:
			return request.Invalid("The provided starting key is outside query boundaries based on provided conditions")
		case len(conditions) == 2 && !sorted.Holds(attribute.Get(p.start, sorted.Name)):
			return request.Invalid("The provided starting key does not match the range key predicate")
		case !same:
			return request.Invalid("The query can return at most one row and cannot be restarted")
		}
	}
	for _, name := range x.Keys {
		if p.filter.Uses(name) {
			parameter := "Filter Expression"
			if p.Has("QueryFilter") {
				parameter = "QueryFilter"
			}
			return request.Invalid(parameter + " can only contain non-primary key attributes: Primary key attribute: " + name)
		}
	}
	return nil
}

// matching returns the entries for which the conditions hold: they are in one
// partition, one after another.
func matching(x *table.Index, conditions []expression.KeyCondition) []table.Entry {
	list := x.Partition(conditionOf(conditions, x.Keys[0]).Values[0])
	if len(conditions) == 1 {
		return list
	}
	sorted := conditionOf(conditions, x.Keys[1])
	holds := func(e table.Entry) bool { return sorted.Holds(attribute.Get(e.Item, sorted.Name)) }
	first := slices.IndexFunc(list, holds)
	if first < 0 {
		return nil
	}
	list = list[first:]
	if end := slices.IndexFunc(list, func(e table.Entry) bool { return !holds(e) }); end >= 0 {
		list = list[:end]
	}
	return list
}

// scan handles Scan.
func (d *Database) scan(r *request.Request) (*value.Object, *request.Refusal) {
	segment, segments := r.Integer("Segment", 0), r.Integer("TotalSegments", 1)
	p, refused := readPage(r, []string{"ProjectionExpression", "FilterExpression"}, []string{"AttributesToGet", "ScanFilter", "ConditionalOperator"})
	if refused == nil {
		_, refused = p.parse("ScanFilter")
	}
	if refused != nil {
		return nil, refused
	}
	switch {
	case r.Has("Segment") && segments == 0:
		return nil, request.Invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case segments > 0 && !r.Has("Segment"):
		return nil, request.Invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case segments > 0 && segment >= segments:
		return nil, request.Invalid(fmt.Sprintf("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", segment, segments))
	}
	t, x, refused := d.target(p)
	if refused != nil {
		return nil, refused
	}
	if refused := invalidScanStart(t, p.start, x); refused != nil {
		return nil, refused
	}
	if refused := invalidRead(t, p, x); refused != nil {
		return nil, refused
	}
	entries := x.Entries
	if segments > 1 {
		from := sort.Search(len(entries), func(i int) bool { return segmentOf(entries[i].Key, segments) >= segment })
		to := sort.Search(len(entries), func(i int) bool { return segmentOf(entries[i].Key, segments) > segment })
		entries = entries[from:to]
	}
	return page(t, p, x, entries, false), nil
}

// segmentOf returns the segment of a key among so many.
func segmentOf(key string, segments int) int {
	return (int(key[0])<<8 | int(key[1])) * segments >> 16
}

// invalidScanStart returns what is wrong with the key with which a scan starts.
func invalidScanStart(t *table.Table, start attribute.Item, x *table.Index) *request.Refusal {
	if start == nil {
		return nil
	}
	if start.Len() != len(t.StartKeys(x)) {
		if x == t.Items {
			return request.Invalid(invalidStart + ": " + table.SchemaMismatch)
		}
		return request.Invalid(invalidStart)
	}
	if x != t.Items {
		for i, name := range x.Keys {
			if attribute.Get(start, name) == nil {
				return request.Invalid(invalidStart)
			}
			if problem := t.InvalidKeyPart(start, name, i == 0); problem != "" {
				return request.Invalid(problem)
			}
		}
	}
	return invalidTableKey(t, start)
}

// page answers with a page of entries.
func page(t *table.Table, p *pageRequest, x *table.Index, entries []table.Entry, backward bool) *value.Object {
	if p.start != nil {
		key := t.KeyOf(x, p.start)
		if backward {
			entries = entries[:sort.Search(len(entries), func(i int) bool { return entries[i].Key >= key })]
		} else {
			entries = entries[sort.Search(len(entries), func(i int) bool { return entries[i].Key > key }):]
		}
	}
	// An index on this machine's table has the items that it does not project too.
	whole := x.Local && !x.All && (p.selected == "ALL_ATTRIBUTES" || p.projection != nil)
	items := []any{}
	var last attribute.Item
	scanned, size, read := 0, 0, 0
	for size < maxPage && scanned < len(entries) && (p.limit == 0 || scanned < p.limit) {
		e := &entries[scanned]
		if backward {
			e = &entries[len(entries)-1-scanned]
		}
		scanned++
		size += e.Size
		last = e.Item
		item := e.Item
		if whole {
			item = t.Get(item)
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
		for _, name := range t.StartKeys(x) {
			key.Add(name, attribute.Get(last, name))
		}
		answer.Add("LastEvaluatedKey", key)
	}
	p.addPageCapacity(answer, x, size, read)
	return answer
}
