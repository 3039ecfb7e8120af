package value

import "strconv"

// maxDescribed bounds the bytes of a string that Describe shows.
const maxDescribed = 60

// Describe returns a value as error messages show it: it shortens long strings,
// and only names objects and arrays.
func Describe(v any) string {
	switch v := v.(type) {
	case *Object:
		return "an object"
	case []any:
		return "an array"
	case string:
		if len(v) > maxDescribed {
			v = v[:maxDescribed] + "…"
		}
		return strconv.Quote(v)
	}
	return Text(v)
}
