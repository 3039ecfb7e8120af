package jsonpath

import (
	"errors"
	"math"
	"unicode/utf16"

	"github.com/mapjob/mapjob/internal/value"
)

// size returns the number of elements, members or UTF-16 code units of v, or -1 if
// v is of another type.
func size(v any) int {
	switch v := v.(type) {
	case []any:
		return len(v)
	case *value.Object:
		return v.Len()
	case string:
		return len(utf16.Encode([]rune(v)))
	}
	return -1
}

// functions lists the functions that can end a path.
var functions = map[string]bool{
	"length": true, "size": true, "min": true, "max": true, "avg": true, "stddev": true, "sum": true,
	"keys": true, "first": true, "last": true,
}

func call(name string, v any) (any, error) {
	switch name {
	case "length", "size":
		if isContainer(v) {
			return float64(size(v)), nil
		}
		return nil, nil
	case "keys":
		object, ok := v.(*value.Object)
		if !ok {
			return nil, nil
		}
		keys := []any{}
		for name := range object.All() {
			keys = append(keys, name)
		}
		return keys, nil
	}
	list, _ := v.([]any)
	if name == "first" || name == "last" {
		if len(list) == 0 {
			return nil, errEmpty
		}
		if name == "first" {
			return list[0], nil
		}
		return list[len(list)-1], nil
	}
	return aggregate(name, list)
}

var errEmpty = errors.New("Aggregation function attempted to calculate value using empty array") //nolint:staticcheck // the service's own words

// total applies a function to all values that a path beginning with ".." refers to.
// As in Jayway, a sum and its like count the elements of arrays, length counts
// elements and members, and all others apply to the root.
func total(name string, values []any, root any) (any, error) {
	switch name {
	case "length", "size":
		n := 0
		for _, v := range values {
			if isContainer(v) {
				n += size(v)
			}
		}
		return float64(n), nil
	case "keys", "first", "last":
		return call(name, root)
	}
	var numbers []any
	for _, v := range values {
		if list, ok := v.([]any); ok {
			numbers = append(numbers, list...)
		} else {
			numbers = append(numbers, v)
		}
	}
	return aggregate(name, numbers)
}

func aggregate(name string, list []any) (any, error) {
	var numbers []float64
	for _, element := range list {
		if n, ok := value.Float(element); ok {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 {
		return nil, errEmpty
	}
	least, most, sum, squares := numbers[0], numbers[0], 0.0, 0.0
	for _, n := range numbers {
		least, most = min(least, n), max(most, n)
		sum += n
		squares += n * n
	}
	n := float64(len(numbers))
	switch name {
	case "min":
		return least, nil
	case "max":
		return most, nil
	case "sum":
		return sum, nil
	case "avg":
		return sum / n, nil
	}
	return math.Sqrt(squares/n - sum*sum/n/n), nil
}
