package value

import "strconv"

// maxDescribed is the number of bytes of a string that Describe shows.
const maxDescribed = 60

// Describe returns a value as an error message shows it: a long string is cut,
// an object or an array is only named.
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
