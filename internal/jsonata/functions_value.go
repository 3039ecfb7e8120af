package jsonata

var valueFunctions = []*native{
	function("boolean", "<x-:b>", 1, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		return c.truth()
	}),
	function("not", "<x-:b>", 1, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		t, err := c.truth()
		return !t, err
	}),
	function("exists", "<x:b>", 1, func(c arguments) (any, error) { return !c.missing(0), nil }),
	function("type", "<x:s>", 1, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		if n, ok := c.value(0).(float64); ok {
			if err := finite(n); err != nil {
				return nil, err
			}
			if n != n { // NaN
				return "object", nil
			}
		}
		return typeName(c.value(0)), nil
	}),
	function("clone", "<(oa)-:o>", 1, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		v := c.ev.deepCopy(c.value(0))
		return v, c.ev.stopped
	}),
	function("error", "<s?:x>", 1, func(c arguments) (any, error) {
		message := c.string(0)
		if message == "" {
			message = "$error() function evaluated"
		}
		return nil, &Error{Code: "D3137", Message: message}
	}),
	function("assert", "<bs?:x>", 2, func(c arguments) (any, error) {
		if c.value(0) == true {
			return Undefined, nil
		}
		message := c.string(1)
		if message == "" {
			message = "$assert() statement failed"
		}
		return nil, &Error{Code: "D3141", Message: message}
	}),
}

// truth returns the truth of the first argument.
func (c arguments) truth() (bool, error) {
	return c.ev.truth(c.value(0))
}

// typeName implements $type. It returns "" for Undefined, and always a string: as an
// any, so that none is allocated for a constant.
func typeName(v any) any {
	switch letter(v) {
	case 'm':
		return ""
	case 'l':
		return "null"
	case 'b':
		return "boolean"
	case 'n':
		return "number"
	case 's':
		return "string"
	case 'o':
		return "object"
	case 'f':
		return "function"
	}
	return "array"
}
