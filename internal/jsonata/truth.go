package jsonata

import "github.com/mapjob/mapjob/internal/value"

// truth implements $boolean, except that Undefined is false. An infinite number
// is an error, as for every use of a number in jsonata.
func (ev *evaluation) truth(v any) (bool, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case undefined, nil:
		return false, nil
	case string:
		return v != "", nil
	case float64:
		return v != 0 && v == v, finite(v)
	case value.Number:
		return v.Float() != 0, nil
	case *value.Object:
		return v.Len() > 0, nil
	case *regexFunction, *nextMatch, *passedFunction:
		return false, nil
	case callable:
		return true, nil
	}
	items, _ := elements(v)
	any := false
	for _, item := range items {
		if !ev.walk() {
			return false, ev.stopped
		}
		t, err := ev.truth(item)
		if err != nil {
			return false, err
		}
		any = any || t
	}
	return any, nil
}

// scriptTruthy reports whether JavaScript treats v as true.
func scriptTruthy(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case float64:
		return v != 0 && v == v
	case value.Number:
		return v.Float() != 0
	}
	return true
}
