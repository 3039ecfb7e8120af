package jsonata

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"math"
	"math/rand/v2"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mapjob/mapjob/internal/uuid"
	"github.com/mapjob/mapjob/internal/value"
)

// stepFunctions holds the functions that Step Functions adds, and $random,
// which it changes. They have no signatures, because Step Functions treats
// missing and unsuitable arguments in ways that no signature describes.
var stepFunctions = []*native{
	unsigned("partition", 2, partition),
	unsigned("range", 3, numberRange),
	unsigned("hash", 2, hashOf),
	unsigned("random", 1, func(c arguments) (any, error) {
		if c.missing(0) {
			return c.ev.random(), nil
		}
		seed, err := c.whole(0)
		if err != nil {
			return nil, err
		}
		return javaRandom(seed), nil
	}),
	unsigned("uuid", 0, func(c arguments) (any, error) { return uuid.From(c.ev.randomBits(), c.ev.randomBits()), nil }),
	unsigned("parse", 1, func(c arguments) (any, error) {
		if c.missing(0) {
			return Undefined, nil
		}
		text, ok := c.value(0).(string)
		if !ok {
			return nil, mismatch(c.value(0), 1)
		}
		// $parse is stricter than value.Parse: it refuses repeated names and infinite numbers.
		if !jsontext.Value(text).IsValid() {
			return nil, &Error{Code: "D3137", Message: "Invalid JSON", Value: text}
		}
		v, err := value.Parse([]byte(text))
		if err != nil || !inRange(v) {
			return nil, &Error{Code: "D3137", Message: "Invalid JSON", Value: text}
		}
		return v, nil
	}),
}

// inRange reports whether a float64 can hold each number in v, if not exactly.
func inRange(v any) bool {
	switch v := v.(type) {
	case value.Number:
		return !math.IsInf(v.Float(), 0)
	case []any:
		for _, item := range v {
			if !inRange(item) {
				return false
			}
		}
	case *value.Object:
		for _, m := range v.All() {
			if !inRange(m) {
				return false
			}
		}
	}
	return true
}

// unsigned returns a function without a signature that accepts at most
// parameters arguments.
func unsigned(name string, parameters int, run func(arguments) (any, error)) *native {
	return &native{name: name, parameters: parameters, run: func(c arguments) (any, error) {
		if len(c.list) > parameters && !IsUndefined(c.list[parameters]) {
			return nil, mismatch(c.list[parameters], parameters+1)
		}
		return run(c)
	}}
}

// mismatch returns the error of an unsuitable argument. Positions count from 1.
func mismatch(v any, position int) error {
	return &Error{Code: "T0410", Value: v, index: position}
}

// partition implements $partition(array, size): it splits the array into
// chunks. The last chunk holds the rest.
func partition(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	items, ok := elements(c.value(0))
	if !ok {
		return nil, &Error{Code: "T0412", Value: c.value(0), index: 1}
	}
	if len(items) == 0 {
		return Undefined, nil
	}
	size := int64(len(items))
	if !c.missing(1) {
		var err error
		if size, err = c.whole(1); err != nil {
			return nil, err
		}
	}
	switch {
	case size < 0:
		return nil, &Error{Code: "D3137", Message: "Second argument must be zero or greater", Value: c.value(1)}
	case size == 0:
		return Undefined, nil
	}
	var out []any
	for len(items) > 0 {
		n := int(min(size, int64(len(items))))
		out = append(out, items[:n:n])
		items = items[n:]
	}
	return c.array(out)
}

// maxRange bounds the numbers that $range returns. AWS applies the common
// memory limit, but $range needs more memory for each number.
const maxRange = 360_145

// numberRange implements $range(first, last, step). The result includes last if
// a step reaches it.
func numberRange(c arguments) (any, error) {
	first, err := c.whole(0)
	if err != nil {
		return nil, err
	}
	last, err := c.whole(1)
	if err != nil {
		return nil, err
	}
	if c.missing(2) {
		return Undefined, nil
	}
	step, err := c.whole(2)
	if err != nil {
		return nil, err
	}
	if step == 0 || first < last && step < 0 || first > last && step > 0 {
		return Undefined, nil
	}
	count := math.Floor((float64(last)-float64(first))/float64(step)) + 1
	if count > maxRange {
		return nil, &Error{Message: memoryExceeded}
	}
	out := make([]any, int(count))
	for i := range out {
		out[i] = float64(first) + float64(i)*float64(step)
	}
	return c.sequence(out)
}

// hashOf implements $hash(text, algorithm). The result is hexadecimal.
func hashOf(c arguments) (any, error) {
	text, ok := c.value(0).(string)
	if !ok {
		return nil, mismatch(c.value(0), 1)
	}
	if c.missing(1) {
		return Undefined, nil
	}
	algorithm, ok := c.value(1).(string)
	if !ok {
		return nil, mismatch(c.value(1), 2)
	}
	var h hash.Hash
	switch algorithm {
	case "MD5":
		h = md5.New()
	case "SHA-1":
		h = sha1.New()
	case "SHA-256":
		h = sha256.New()
	case "SHA-384":
		h = sha512.New384()
	case "SHA-512":
		h = sha512.New()
	default:
		return nil, &Error{Code: "D3137", Value: algorithm,
			Message: "Hash algorithm '" + algorithm + "' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"}
	}
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// javaRandom returns the first nextDouble of a java.util.Random with the seed,
// as Step Functions does.
func javaRandom(seed int64) float64 {
	const multiplier, mask = 0x5DEECE66D, 1<<48 - 1
	state := (uint64(seed) ^ multiplier) & mask
	next := func(bits uint) uint64 {
		state = (state*multiplier + 0xB) & mask
		return state >> (48 - bits)
	}
	high := next(26) << 27
	return float64(high+next(27)) / (1 << 53)
}

func (ev *evaluation) random() float64 {
	if ev.env.Random != nil {
		return ev.env.Random.Float64()
	}
	return rand.Float64()
}

func (ev *evaluation) randomBits() uint64 {
	if ev.env.Random != nil {
		return ev.env.Random.Uint64()
	}
	return rand.Uint64()
}
