// Package table has DynamoDB's tables and their indexes: the items, sorted by their
// keys, and what is wrong with the keys of others. Problems are the messages of
// DynamoDB's ValidationExceptions, empty if there is none.
package table

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

// Table is a table with its items. All items of the table and of an index are sorted
// by their keys.
type Table struct {
	Name    string
	Schema  Schema
	Created time.Time
	Types   map[string]string // of the attributes in keys
	Items   *Index
	Indexes []*Index
}

// Index is the items of a table or an index, sorted by their keys.
type Index struct {
	Name    string // empty: the table
	Local   bool
	Keys    []string // the partition key and the sort key, if there is one
	All     bool     // has all attributes of the items
	Entries []Entry

	attributes []string // that it has, if not all
}

// Entry is an item of an index.
type Entry struct {
	Key  string
	Item attribute.Item
	Size int
}

// KeySchema is the key of a table or an index.
type KeySchema []KeyElement

// KeyElement is an attribute of a key.
type KeyElement struct{ AttributeName, KeyType string }

// IndexSchema has what an index is made from.
type IndexSchema struct {
	IndexName  string
	KeySchema  KeySchema
	Projection Projection
}

// Projection says which attributes an index has.
type Projection struct {
	ProjectionType   string
	NonKeyAttributes []string `json:",omitempty"`
}

// Schema has what a table is made from, as CreateTable and CloudFormation write it.
type Schema struct {
	KeySchema            KeySchema
	AttributeDefinitions []Definition

	GlobalSecondaryIndexes, LocalSecondaryIndexes []IndexSchema
}

// Definition is the type of an attribute in a key.
type Definition struct{ AttributeName, AttributeType string }

// Read returns the schema in the properties of a table.
func Read(properties any) (s Schema, err error) {
	text, err := json.Marshal(properties)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	return s, err
}

// New returns an empty table.
func New(name string, s Schema) (*Table, error) {
	t := &Table{Name: name, Schema: s, Created: time.Now(), Types: map[string]string{}}
	for _, a := range s.AttributeDefinitions {
		t.Types[a.AttributeName] = a.AttributeType
	}
	keys, err := t.keysOf(s.KeySchema)
	if err != nil {
		return nil, err
	}
	t.Items = &Index{Keys: keys, All: true}
	for _, list := range []struct {
		local   bool
		indexes []IndexSchema
	}{{false, s.GlobalSecondaryIndexes}, {true, s.LocalSecondaryIndexes}} {
		for _, i := range list.indexes {
			keys, err := t.keysOf(i.KeySchema)
			if err != nil {
				return nil, fmt.Errorf("index %s: %w", i.IndexName, err)
			}
			x := &Index{Name: i.IndexName, Local: list.local, Keys: keys, All: i.Projection.ProjectionType == "ALL"}
			if !x.All {
				x.attributes = slices.Concat(keys, t.Items.Keys, i.Projection.NonKeyAttributes)
			}
			t.Indexes = append(t.Indexes, x)
		}
	}
	return t, nil
}

// keysOf returns the attributes of a key, the partition key first.
func (t *Table) keysOf(s KeySchema) ([]string, error) {
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
		if !slices.Contains([]string{attribute.String, attribute.Number, attribute.Binary}, t.Types[key]) {
			return nil, fmt.Errorf("key %s: got the type %q, expected S, N or B in the AttributeDefinitions", key, t.Types[key])
		}
	}
	return keys, nil
}

// Index returns an index of the table, which itself has no name; nil if there is none.
func (t *Table) Index(name string) *Index {
	if name == "" {
		return t.Items
	}
	for _, x := range t.Indexes {
		if x.Name == name {
			return x
		}
	}
	return nil
}

// KeyOf returns the key by which an index sorts an item. Partitions are in the order
// of a hash, as they are in DynamoDB. Items of an index that have the same key are in
// the order of the table.
func (t *Table) KeyOf(x *Index, item attribute.Item) string {
	key := partitionKey(attribute.Get(item, x.Keys[0]))
	for _, name := range x.Keys[1:] {
		key = attribute.AppendKey(key, attribute.Get(item, name))
	}
	if x != t.Items {
		for _, name := range t.Items.Keys {
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
func (x *Index) find(key string) (int, bool) {
	return sort.Find(len(x.Entries), func(i int) int { return strings.Compare(key, x.Entries[i].Key) })
}

// Get returns an item of the table; nil if there is none.
func (t *Table) Get(key attribute.Item) attribute.Item {
	if at, ok := t.Items.find(t.KeyOf(t.Items, key)); ok {
		return t.Items.Entries[at].Item
	}
	return nil
}

// Set puts an item in the place of another one, each nil if there is none.
func (t *Table) Set(old, item attribute.Item) {
	for _, x := range append([]*Index{t.Items}, t.Indexes...) {
		if old != nil && x.holds(old) {
			if at, ok := x.find(t.KeyOf(x, old)); ok {
				x.Entries = slices.Delete(x.Entries, at, at+1)
			}
		}
		if item != nil && x.holds(item) {
			e := Entry{Key: t.KeyOf(x, item), Item: x.project(item)}
			e.Size = attribute.Size(e.Item)
			at, _ := x.find(e.Key)
			x.Entries = slices.Insert(x.Entries, at, e)
		}
	}
}

// Partition returns the entries of a partition.
func (x *Index) Partition(key attribute.Value) []Entry {
	prefix := string(partitionKey(key))
	from := sort.Search(len(x.Entries), func(i int) bool { return x.Entries[i].Key >= prefix })
	to := from
	for to < len(x.Entries) && strings.HasPrefix(x.Entries[to].Key, prefix) {
		to++
	}
	return x.Entries[from:to]
}

// Sizes returns the number and the size of the items.
func (x *Index) Sizes() (count, size int) {
	for _, e := range x.Entries {
		size += e.Size
	}
	return len(x.Entries), size
}

// StartKeys returns the attributes of the key with which a page of an index starts.
func (t *Table) StartKeys(x *Index) []string {
	keys := slices.Clone(t.Items.Keys)
	for _, name := range x.Keys {
		if !slices.Contains(keys, name) {
			keys = append(keys, name)
		}
	}
	return keys
}

// holds reports whether an index has an item: it has those that have its key.
func (x *Index) holds(item attribute.Item) bool {
	return !slices.ContainsFunc(x.Keys, func(name string) bool { return attribute.Get(item, name) == nil })
}

// project returns what an index has of an item.
func (x *Index) project(item attribute.Item) attribute.Item {
	if x.All {
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

// InvalidKey returns what is wrong with the key of an item.
func (t *Table) InvalidKey(key attribute.Item) (problem string) {
	if key.Len() != len(t.Items.Keys) {
		return SchemaMismatch
	}
	for i, name := range t.Items.Keys {
		if problem := t.InvalidKeyPart(key, name, i == 0); problem != "" {
			return problem
		}
	}
	return ""
}

// SchemaMismatch is the message for a key that is not one of the table.
const SchemaMismatch = "The provided key element does not match the schema"

func (t *Table) InvalidKeyPart(key attribute.Item, name string, partition bool) (problem string) {
	v := attribute.Get(key, name)
	switch {
	case v == nil || attribute.Kind(v) != t.Types[name]:
		return SchemaMismatch
	case attribute.Text(v) == "":
		return emptyKey(v, name)
	}
	return invalidKeySize(v, partition)
}

// emptyKey returns the message for an attribute of a key without a text.
func emptyKey(v attribute.Value, name string) string {
	return "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty " +
		kindName(attribute.Kind(v)) + " value. Key: " + name
}

func kindName(kind string) string {
	if kind == attribute.Binary {
		return "binary"
	}
	return "string"
}

func invalidKeySize(v attribute.Value, partition bool) (problem string) {
	size := attribute.Size(value.NewObject("", v))
	switch {
	case attribute.Kind(v) == attribute.Number:
	case partition && size > 2048:
		return "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
	case !partition && size > 1024:
		return "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
	}
	return ""
}

// InvalidItem returns what is wrong with the keys in an item.
func (t *Table) InvalidItem(item attribute.Item) (problem string) {
	for i, name := range t.Items.Keys {
		v := attribute.Get(item, name)
		switch {
		case v == nil:
			return "One or more parameter values were invalid: Missing the key " + name + " in the item"
		case attribute.Kind(v) != t.Types[name]:
			return fmt.Sprintf("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", name, t.Types[name], attribute.Kind(v))
		case attribute.Text(v) == "":
			return emptyKey(v, name)
		}
		if problem := invalidKeySize(v, i == 0); problem != "" {
			return problem
		}
	}
	for _, x := range t.Indexes {
		for _, name := range x.Keys {
			v := attribute.Get(item, name)
			if v == nil {
				continue
			}
			if problem := t.InvalidIndexKey(x, name, attribute.Kind(v)); problem != "" {
				return problem
			}
			if attribute.Text(v) == "" {
				return fmt.Sprintf("One or more parameter values are not valid. A value specified for a secondary index key is not supported. "+
					"The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s", kindName(attribute.Kind(v)), x.Name, name)
			}
		}
	}
	return ""
}

// InvalidIndexKey refuses a value in the key of an index that is of another kind.
func (t *Table) InvalidIndexKey(x *Index, name, kind string) (problem string) {
	if kind == t.Types[name] {
		return ""
	}
	return fmt.Sprintf("One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s",
		name, t.Types[name], kind, x.Name)
}

// InvalidPaths refuses paths that lead into attributes of keys.
func (t *Table) InvalidPaths(nested []string) (problem string) {
	const scalars = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
	for _, name := range nested {
		if slices.Contains(t.Items.Keys, name) {
			return scalars + "Key: " + name
		}
		for _, x := range t.Indexes {
			if slices.Contains(x.Keys, name) {
				return scalars + "IndexKey: " + name
			}
		}
	}
	return ""
}
