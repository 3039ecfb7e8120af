package jsonata

import "github.com/mapjob/mapjob/internal/value"

// scriptTruthy is what JavaScript takes for true.
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

// truth is $boolean(v), where nothing counts as false. An infinite number is an
// error, as it is wherever jsonata looks at a number.
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
	case *regexFunction, *nextMatch:
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
