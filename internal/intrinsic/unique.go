package intrinsic

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf16"

	"github.com/mapjob/mapjob/internal/value"
)

// arrayUnique leaves out the elements that equal one before them. Equality is that
// of States.ArrayContains.
//
// The elements are in the order of Java's HashSet: recorded orders can only be
// explained by a hash, and null comes first.
func arrayUnique(_ *Environment, a []any) (any, error) {
	list, err := array(a[0])
	if err != nil {
		return nil, err
	}
	type element struct {
		value  any
		bucket uint32
	}
	unique := make([]element, 0, len(list))
	seen := map[int32][]any{}
	buckets := hashBuckets(len(list))
	for _, x := range list {
		hash := javaHash(x)
		if slices.ContainsFunc(seen[hash], func(y any) bool { return value.Equal(x, y) }) {
			continue
		}
		seen[hash] = append(seen[hash], x)
		unique = append(unique, element{x, (uint32(hash) ^ uint32(hash)>>16) % buckets})
	}
	slices.SortStableFunc(unique, func(a, b element) int { return cmp.Compare(a.bucket, b.bucket) })
	values := make([]any, len(unique))
	for i := range unique {
		values[i] = unique[i].value
	}
	return values, nil
}

// hashBuckets returns the number of buckets of a HashSet made from a collection of
// n elements: a power of two, of which three quarters hold them.
func hashBuckets(n int) uint32 {
	buckets := uint32(16)
	for float64(buckets) < float64(n)/0.75+1 {
		buckets *= 2
	}
	return buckets
}

// javaHash returns the hashCode of a JSON value as Java's collections hold it.
func javaHash(v any) int32 {
	switch v := v.(type) {
	case nil:
		return 0
	case bool:
		if v {
			return 1231
		}
		return 1237
	case string:
		var hash int32
		for _, unit := range utf16.Encode([]rune(v)) {
			hash = 31*hash + int32(unit)
		}
		return hash
	case []any:
		hash := int32(1)
		for _, x := range v {
			hash = 31*hash + javaHash(x)
		}
		return hash
	case *value.Object:
		var hash int32
		for name, x := range v.All() {
			hash += javaHash(name) ^ javaHash(x)
		}
		return hash
	}
	n, _ := value.Float(v)
	bits := math.Float64bits(n)
	switch {
	case n == float64(int32(n)): // an Integer
		return int32(n)
	case n == math.Trunc(n) && math.Abs(n) < 1<<63: // a Long
		bits = uint64(int64(n))
	}
	return int32(bits ^ bits>>32)
}
