package dynamodb

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/value"
)

// table is a table with its items. All items of the table and of an index are sorted
// by their keys.
type table struct {
	name    string
	schema  schema
	created time.Time
	types   map[string]string // of the attributes in keys
	items   *index
	indexes []*index
}

// index is the items of a table or an index, sorted by their keys.
type index struct {
	name       string // empty: the table
	local      bool
	keys       []string // the partition key and the sort key, if there is one
	all        bool     // has all attributes of the items
	attributes []string // that it has, if not all
	entries    []entry
}

// entry is an item of an index.
type entry struct {
	key  string
	item attribute.Item
	size int
}

type keySchema []keyElement

type keyElement struct{ AttributeName, KeyType string }

type indexSchema struct {
	IndexName  string
	KeySchema  keySchema
	Projection projection
}

type projection struct {
	ProjectionType   string
	NonKeyAttributes []string `json:",omitempty"`
}

// schema has what a table is made from, as CreateTable and CloudFormation write it.
type schema struct {
	KeySchema            keySchema
	AttributeDefinitions []definition

	GlobalSecondaryIndexes, LocalSecondaryIndexes []indexSchema
}

type definition struct{ AttributeName, AttributeType string }

func newTable(name string, properties any) (*table, error) {
	text, err := json.Marshal(properties)
	var s schema
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return nil, err
	}
	t := &table{name: name, schema: s, created: time.Now(), types: map[string]string{}}
	for _, a := range s.AttributeDefinitions {
		t.types[a.AttributeName] = a.AttributeType
	}
	keys, err := t.keysOf(s.KeySchema)
	if err != nil {
		return nil, err
	}
	t.items = &index{keys: keys, all: true}
	for _, list := range []struct {
		local   bool
		indexes []indexSchema
	}{{false, s.GlobalSecondaryIndexes}, {true, s.LocalSecondaryIndexes}} {
		for _, i := range list.indexes {
			keys, err := t.keysOf(i.KeySchema)
			if err != nil {
				return nil, fmt.Errorf("index %s: %w", i.IndexName, err)
			}
			x := &index{name: i.IndexName, local: list.local, keys: keys, all: i.Projection.ProjectionType == "ALL"}
			if !x.all {
				x.attributes = slices.Concat(keys, t.items.keys, i.Projection.NonKeyAttributes)
			}
			t.indexes = append(t.indexes, x)
		}
	}
	return t, nil
}

// keysOf returns the attributes of a key, the partition key first.
func (t *table) keysOf(s keySchema) ([]string, error) {
	var keys []string
	for _, kind := range []string{"HASH", "RANGE"} {
		for _, k := range s {
			if k.KeyType == kind {
				keys = append(keys, k.AttributeName)
			}
		}
	}
	if len(keys) != len(s) || len(keys) == 0 || len(keys) > 2 || s[0].KeyType != "HASH" {
		return nil, fmt.Errorf("got the key schema %v, expected one HASH key and at most one RANGE key", s)
	}
	for _, key := range keys {
		if !slices.Contains([]string{attribute.String, attribute.Number, attribute.Binary}, t.types[key]) {
			return nil, fmt.Errorf("key %s: got the type %q, expected S, N or B in the AttributeDefinitions", key, t.types[key])
		}
	}
	return keys, nil
}

// index returns an index of the table, which itself has no name; nil if there is none.
func (t *table) index(name string) *index {
	if name == "" {
		return t.items
	}
	for _, x := range t.indexes {
		if x.name == name {
			return x
		}
	}
	return nil
}

// keyOf returns the key by which an index sorts an item. Partitions are in the order
// of a hash, as they are in DynamoDB. Items of an index that have the same key are in
// the order of the table.
func (t *table) keyOf(x *index, item attribute.Item) string {
	key := partitionKey(attribute.Get(item, x.keys[0]))
	for _, name := range x.keys[1:] {
		key = attribute.AppendKey(key, attribute.Get(item, name))
	}
	if x != t.items {
		for _, name := range t.items.keys {
			key = attribute.AppendKey(key, attribute.Get(item, name))
		}
	}
	return string(key)
}

// hashed is the length of the hash in a key.
const hashed = 4

// partitionKey returns what the keys of a partition begin with.
func partitionKey(v attribute.Value) []byte {
	partition := attribute.AppendKey(nil, v)
	hash := md5.Sum(partition)
	return append(hash[:hashed:hashed], partition...)
}

// find returns where an entry is or would be, and whether it is there.
func (x *index) find(key string) (int, bool) {
	return sort.Find(len(x.entries), func(i int) int { return strings.Compare(key, x.entries[i].key) })
}

// get returns an item of the table; nil if there is none.
func (t *table) get(key attribute.Item) attribute.Item {
	if at, ok := t.items.find(t.keyOf(t.items, key)); ok {
		return t.items.entries[at].item
	}
	return nil
}

// set puts an item in the place of another one, each nil if there is none.
func (t *table) set(old, item attribute.Item) {
	for _, x := range append([]*index{t.items}, t.indexes...) {
		if old != nil && x.holds(old) {
			if at, ok := x.find(t.keyOf(x, old)); ok {
				x.entries = slices.Delete(x.entries, at, at+1)
			}
		}
		if item != nil && x.holds(item) {
			e := entry{key: t.keyOf(x, item), item: x.project(item)}
			e.size = attribute.Size(e.item)
			at, _ := x.find(e.key)
			x.entries = slices.Insert(x.entries, at, e)
		}
	}
}

// holds reports whether an index has an item: it has those that have its key.
func (x *index) holds(item attribute.Item) bool {
	return !slices.ContainsFunc(x.keys, func(name string) bool { return attribute.Get(item, name) == nil })
}

// project returns what an index has of an item.
func (x *index) project(item attribute.Item) attribute.Item {
	if x.all {
		return item
	}
	o := value.WithCapacity(len(x.attributes))
	for _, name := range x.attributes {
		if v := attribute.Get(item, name); v != nil {
			o.Set(name, v)
		}
	}
	return o
}

// invalidKey returns what is wrong with the key of an item.
func (t *table) invalidKey(key attribute.Item) *refusal {
	if key.Len() != len(t.items.keys) {
		return invalid(schemaMismatch)
	}
	for i, name := range t.items.keys {
		if refused := t.invalidKeyPart(key, name, i == 0); refused != nil {
			return refused
		}
	}
	return nil
}

const schemaMismatch = "The provided key element does not match the schema"

func (t *table) invalidKeyPart(key attribute.Item, name string, partition bool) *refusal {
	v := attribute.Get(key, name)
	switch {
	case v == nil || attribute.Kind(v) != t.types[name]:
		return invalid(schemaMismatch)
	case attribute.Text(v) == "":
		return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
			kindName(attribute.Kind(v)) + " value. Key: " + name)
	}
	return invalidKeySize(v, partition)
}

func kindName(kind string) string {
	if kind == attribute.Binary {
		return "binary"
	}
	return "string"
}

func invalidKeySize(v attribute.Value, partition bool) *refusal {
	size := attribute.Size(value.NewObject("", v))
	switch {
	case attribute.Kind(v) == attribute.Number:
	case partition && size > 2048:
		return invalid("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes")
	case !partition && size > 1024:
		return invalid("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
	}
	return nil
}

// invalidItem returns what is wrong with the keys in an item.
func (t *table) invalidItem(item attribute.Item) *refusal {
	for i, name := range t.items.keys {
		v := attribute.Get(item, name)
		switch {
		case v == nil:
			return invalid("One or more parameter values were invalid: Missing the key " + name + " in the item")
		case attribute.Kind(v) != t.types[name]:
			return invalid(fmt.Sprintf("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", name, t.types[name], attribute.Kind(v)))
		case attribute.Text(v) == "":
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
				kindName(attribute.Kind(v)) + " value. Key: " + name)
		}
		if refused := invalidKeySize(v, i == 0); refused != nil {
			return refused
		}
	}
	for _, x := range t.indexes {
		for _, name := range x.keys {
			v := attribute.Get(item, name)
			if v == nil {
				continue
			}
			if refused := t.invalidIndexKey(x, name, attribute.Kind(v)); refused != nil {
				return refused
			}
			if attribute.Text(v) == "" {
				return invalid(fmt.Sprintf("One or more parameter values are not valid. A value specified for a secondary index key is not supported. "+
					"The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s", kindName(attribute.Kind(v)), x.name, name))
			}
		}
	}
	return nil
}

// invalidIndexKey refuses a value in the key of an index that is of another kind.
func (t *table) invalidIndexKey(x *index, name, kind string) *refusal {
	if kind == t.types[name] {
		return nil
	}
	return invalid(fmt.Sprintf("One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s",
		name, t.types[name], kind, x.name))
}

// invalidPaths refuses paths that lead into attributes of keys.
func (t *table) invalidPaths(nested []string) *refusal {
	const scalars = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
	for _, name := range nested {
		if slices.Contains(t.items.keys, name) {
			return invalid(scalars + "Key: " + name)
		}
		for _, x := range t.indexes {
			if slices.Contains(x.keys, name) {
				return invalid(scalars + "IndexKey: " + name)
			}
		}
	}
	return nil
}
