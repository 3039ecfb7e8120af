// Package attribute knows the values of DynamoDB's items, as DynamoDB's JSON
// writes them: an object with one member, such as {"N": "1"}, whose name is the
// kind. Items share values: nothing changes a value that was checked.
package attribute

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// Value is the value of an attribute.
type Value = *value.Object

// Item is an item: its attributes, each a [Value].
type Item = *value.Object

// The kinds of values.
const (
	String  = "S"
	Number  = "N"
	Binary  = "B"
	Boolean = "BOOL"
	Null    = "NULL"
	Strings = "SS"
	Numbers = "NS"
	Bytes   = "BS"
	List    = "L"
	Map     = "M"
)

// Of returns a value.
func Of(kind string, content any) Value { return value.NewObject(kind, content) }

// Get returns an attribute; nil if the item does not have it.
func Get(item Item, name string) Value {
	v, _ := item.Get(name)
	attribute, _ := v.(Value)
	return attribute
}

// Content returns the kind and the content of a value; empty ones of nil.
func Content(v Value) (kind string, content any) {
	for name, content := range v.All() {
		if content != nil {
			return name, content
		}
	}
	return "", nil
}

// Kind returns the kind of a value, empty if it is nil.
func Kind(v Value) string {
	kind, _ := Content(v)
	return kind
}

// Text returns the text of a string, a number or a binary value.
func Text(v Value) string {
	_, content := Content(v)
	text, _ := content.(string)
	return text
}

// elements returns the content of a set or a list.
func elements(content any) []any {
	list, _ := content.([]any)
	return list
}

// members returns the content of a map.
func members(content any) Item {
	o, _ := content.(Item)
	return o
}

// decode returns the bytes of a binary value.
func decode(text string) string {
	b, _ := base64.StdEncoding.DecodeString(text) // it was checked
	return string(b)
}

// Untyped returns the message of DynamoDB's SerializationException for a JSON value
// that is no value of an attribute; an empty one if it is.
func Untyped(v any) string {
	o, ok := v.(*value.Object)
	if !ok {
		if _, list := v.([]any); list {
			return "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"
		}
		return "Unexpected value type in payload"
	}
	for kind, content := range o.All() {
		if problem := untypedContent(kind, content); problem != "" {
			return problem
		}
	}
	return ""
}

func untypedContent(kind string, content any) string {
	if content == nil {
		return ""
	}
	switch kind {
	case String, Number, Binary:
		return untypedText(kind, content)
	case Boolean, Null:
		if _, ok := content.(bool); !ok {
			return "Unexpected token received from parser"
		}
	case Strings, Numbers, Bytes:
		list, ok := content.([]any)
		if !ok {
			return "Unexpected field type"
		}
		for _, element := range list {
			if problem := untypedText(kind[:1], element); problem != "" {
				return problem
			}
		}
	case List:
		list, ok := content.([]any)
		if !ok {
			return "Unexpected field type"
		}
		for _, element := range list {
			if problem := Untyped(element); problem != "" {
				return problem
			}
		}
	case Map:
		return UntypedMap(content)
	}
	return ""
}

// UntypedMap is [Untyped] for the attributes of an item or a key.
func UntypedMap(v any) string {
	o, ok := v.(*value.Object)
	if !ok {
		return "Unexpected field type"
	}
	for _, member := range o.All() {
		if problem := Untyped(member); problem != "" {
			return problem
		}
	}
	return ""
}

func untypedText(kind string, content any) string {
	text, ok := content.(string)
	switch {
	case !ok:
		return jsonKind(content) + " cannot be converted to String"
	case kind != Binary:
		return ""
	case len(text)%4 != 0:
		return fmt.Sprintf("Base64 encoded length is expected a multiple of 4 bytes but found: %d", len(text))
	}
	if _, err := base64.StdEncoding.Strict().DecodeString(text); err != nil {
		return "Invalid last non-pad Base64 character dectected"
	}
	return ""
}

// jsonKind names the type of a JSON value as DynamoDB does.
func jsonKind(v any) string {
	switch v := v.(type) {
	case bool:
		return strings.ToUpper(strconv.FormatBool(v)) + "_VALUE"
	case string:
		return "STRING_VALUE"
	case nil:
		return "NULL_VALUE"
	case []any:
		return "START_ARRAY"
	case *value.Object:
		return "START_OBJECT"
	}
	return "NUMBER_VALUE"
}

// known are the kinds of values.
var known = [...]string{String, Number, Binary, Boolean, Null, Strings, Numbers, Bytes, List, Map}

// Invalid returns the message of DynamoDB's ValidationException for a value that is
// not valid; an empty one if it is. It writes numbers in the value as DynamoDB
// does, so nobody else may hold the value yet.
func Invalid(v Value) string {
	kinds := 0
	for kind, content := range v.All() {
		if content == nil || !slices.Contains(known[:], kind) {
			continue
		}
		kinds++
		if problem := invalidContent(v, kind, content); problem != "" {
			return problem
		}
	}
	switch {
	case kinds == 0:
		return "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
	case kinds > 1:
		return "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
	}
	return ""
}

// InvalidMap is [Invalid] for the attributes of an item or a key.
func InvalidMap(item Item) string {
	for _, v := range item.All() {
		if problem := Invalid(v.(Value)); problem != "" {
			return problem
		}
	}
	return ""
}

func invalidContent(v Value, kind string, content any) string {
	const invalid = "One or more parameter values were invalid: "
	switch kind {
	case Number:
		n, problem := canonical(content.(string))
		if problem != "" {
			return problem
		}
		if n != content {
			v.Set(Number, n)
		}
	case Null:
		if content == false {
			return invalid + "Null attribute value types must have the value of true"
		}
	case Strings, Numbers, Bytes:
		return invalidSet(kind, content.([]any))
	case List:
		for _, element := range content.([]any) {
			if problem := Invalid(element.(Value)); problem != "" {
				return problem
			}
		}
	case Map:
		return InvalidMap(content.(Item))
	}
	return ""
}

func invalidSet(kind string, set []any) string {
	const invalid = "One or more parameter values were invalid: "
	if len(set) == 0 {
		switch kind {
		case Strings:
			return invalid + "An string set  may not be empty"
		case Numbers:
			return invalid + "An number set  may not be empty"
		}
		return invalid + "Binary sets should not be empty"
	}
	if kind == Numbers {
		for i := range set {
			n, problem := canonical(set[i].(string))
			if problem != "" {
				return problem
			}
			set[i] = n
		}
	}
	seen := make(map[any]bool, len(set))
	for _, element := range set {
		if !seen[element] {
			seen[element] = true
			continue
		}
		switch kind {
		case Strings:
			return invalid + "Input collection " + listed(set) + " contains duplicates."
		case Bytes:
			return invalid + "Input collection " + listed(set) + "of type BS contains duplicates."
		}
		return "Input collection contains duplicates"
	}
	return ""
}

// listed returns a set as messages show it.
func listed(set []any) string {
	texts := make([]string, len(set))
	for i, element := range set {
		texts[i], _ = element.(string)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
