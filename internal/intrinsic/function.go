package intrinsic

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/mapjob/mapjob/internal/number"
	"github.com/mapjob/mapjob/internal/uuid"
	"github.com/mapjob/mapjob/internal/value"
)

// function is an intrinsic function and the number of arguments that it takes;
// most is -1 if there is no limit. Another number fails the call, and not the
// definition (recorded).
type function struct {
	least, most int
	call        func(env *Environment, arguments []any) (any, error)
}

func (f function) count() string {
	switch {
	case f.most < 0:
		return fmt.Sprintf("at least %d", f.least)
	case f.least == f.most:
		return strconv.Itoa(f.least)
	}
	return fmt.Sprintf("%d to %d", f.least, f.most)
}

// functions holds the intrinsic functions by name.
var functions = map[string]function{
	"States.Format":         {1, -1, format},
	"States.StringToJson":   {1, 1, stringToJSON},
	"States.JsonToString":   {1, 1, func(_ *Environment, a []any) (any, error) { return value.Text(a[0]), nil }},
	"States.Array":          {0, -1, func(_ *Environment, a []any) (any, error) { return a, nil }},
	"States.ArrayPartition": {2, 2, arrayPartition},
	"States.ArrayContains":  {2, 2, arrayContains},
	"States.ArrayRange":     {3, 3, arrayRange},
	"States.ArrayGetItem":   {2, 2, arrayGetItem},
	"States.ArrayLength":    {1, 1, arrayLength},
	"States.ArrayUnique":    {1, 1, arrayUnique},
	"States.Base64Encode":   {1, 1, base64Encode},
	"States.Base64Decode":   {1, 1, base64Decode},
	"States.Hash":           {2, 2, hash},
	"States.JsonMerge":      {3, 3, jsonMerge},
	"States.MathRandom":     {2, 3, mathRandom},
	"States.MathAdd":        {2, 2, mathAdd},
	"States.StringSplit":    {2, 2, stringSplit},
	"States.UUID":           {0, -1, randomUUID}, // it ignores arguments (recorded)
}

func format(_ *Environment, a []any) (any, error) {
	template, ok := a[0].(string)
	if !ok {
		return nil, wrongType(a[0], "a string")
	}
	var text strings.Builder
	rest := a[1:]
	for i := 0; i < len(template); i++ {
		switch c := template[i]; {
		case c == '\\' && i+1 < len(template) && (template[i+1] == '{' || template[i+1] == '}'):
			i++
			text.WriteByte(template[i])
		case strings.HasPrefix(template[i:], openBrace), strings.HasPrefix(template[i:], closeBrace):
			text.WriteString(unescapedBraces.Replace(template[i : i+len(openBrace)]))
			i += len(openBrace) - 1
		case c == '{' || c == '}':
			if !strings.HasPrefix(template[i:], "{}") {
				return nil, fmt.Errorf("the template: got %q at character %d, expected {} or a backslash before it", c, i+1)
			}
			i++
			if len(rest) == 0 {
				return nil, fmt.Errorf("the template: got more {} than the %s after it, expected one for each", number.Of(len(a)-1, "argument"))
			}
			text.WriteString(javaText(rest[0]))
			rest = rest[1:]
		default:
			text.WriteByte(c)
		}
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("the template: got fewer {} than the %s after it, expected one for each", number.Of(len(a)-1, "argument"))
	}
	return text.String(), nil
}

// javaText returns a value as Java's toString writes it: an object is {a=1, b=2}
// (recorded).
func javaText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = javaText(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *value.Object:
		parts := make([]string, 0, v.Len())
		for name, x := range v.All() {
			parts = append(parts, name+"="+javaText(x))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return value.Text(v)
}

func stringToJSON(_ *Environment, a []any) (any, error) {
	text, ok := a[0].(string)
	if !ok {
		return nil, wrongType(a[0], "a string")
	}
	if strings.TrimSpace(text) == "" { // null, as on AWS
		return nil, nil
	}
	return value.Parse([]byte(text))
}

// maxRange is the largest number of elements of a range (developer guide).
const maxRange = 1000

func arrayPartition(_ *Environment, a []any) (any, error) {
	list, err := array(a[0])
	if err != nil {
		return nil, err
	}
	n, err := integer(a[1])
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, fmt.Errorf("the chunk size: got %d, expected at least 1", n)
	}
	parts := []any{}
	for len(list) > n {
		parts = append(parts, list[:n:n])
		list = list[n:]
	}
	if len(list) > 0 {
		parts = append(parts, list)
	}
	return parts, nil
}

func arrayContains(_ *Environment, a []any) (any, error) {
	list, err := array(a[0])
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		if value.Equal(x, a[1]) {
			return true, nil
		}
	}
	return false, nil
}

func arrayRange(_ *Environment, a []any) (any, error) {
	var n [3]int
	for i := range n {
		var err error
		if n[i], err = integer(a[i]); err != nil {
			return nil, err
		}
	}
	first, last, step := n[0], n[1], n[2]
	if step == 0 {
		return nil, errors.New("the step: got 0, expected another number")
	}
	if (float64(last)-float64(first))/float64(step)+1 > maxRange {
		return nil, fmt.Errorf("the range: got more than %d elements, expected at most as many", maxRange)
	}
	list := []any{}
	for x := first; step > 0 && x <= last || step < 0 && x >= last; x += step {
		list = append(list, float64(x))
	}
	return list, nil
}

func arrayGetItem(_ *Environment, a []any) (any, error) {
	list, err := array(a[0])
	if err != nil {
		return nil, err
	}
	i, err := integer(a[1])
	if err != nil {
		return nil, err
	}
	if i < 0 || i >= len(list) {
		return nil, fmt.Errorf("the index: got %d, expected one of an array of %s", i, number.Of(len(list), "element"))
	}
	return list[i], nil
}

func arrayLength(_ *Environment, a []any) (any, error) {
	list, err := array(a[0])
	return float64(len(list)), err
}

// maxEncoded is the largest number of characters that the Base64 functions and
// States.Hash take (developer guide).
const maxEncoded = 10000

func shortText(v any) (string, error) {
	text, ok := v.(string)
	if !ok {
		return "", wrongType(v, "a string")
	}
	if n := len([]rune(text)); n > maxEncoded {
		return "", fmt.Errorf("the string: got %d characters, expected at most %d", n, maxEncoded)
	}
	return text, nil
}

func base64Encode(_ *Environment, a []any) (any, error) {
	text, err := shortText(a[0])
	return base64.StdEncoding.EncodeToString([]byte(text)), err
}

func base64Decode(_ *Environment, a []any) (any, error) {
	text, err := shortText(a[0])
	if err != nil {
		return nil, err
	}
	// Characters that are not of the alphabet are passed over, and what stands after
	// the first = (recorded: '!!!invalid!!!' and ' YWJjZA== ' are decoded).
	text, _, _ = strings.Cut(text, "=")
	text = strings.Map(func(c rune) rune {
		if c < 0x80 && (isWord(byte(c)) && c != '_' || c == '+' || c == '/') {
			return c
		}
		return -1
	}, text)
	if len(text)%4 == 1 { // six bits are no byte
		text = text[:len(text)-1]
	}
	decoded, err := base64.RawStdEncoding.DecodeString(text)
	return strings.ToValidUTF8(string(decoded), "\uFFFD"), err
}

func hash(_ *Environment, a []any) (any, error) {
	text, ok := a[0].(string)
	if !ok {
		text = value.Text(a[0])
	}
	text, err := shortText(text)
	if err != nil {
		return nil, err
	}
	var sum []byte
	switch a[1] {
	case "MD5":
		x := md5.Sum([]byte(text))
		sum = x[:]
	case "SHA-1":
		x := sha1.Sum([]byte(text))
		sum = x[:]
	case "SHA-256":
		x := sha256.Sum256([]byte(text))
		sum = x[:]
	case "SHA-384":
		x := sha512.Sum384([]byte(text))
		sum = x[:]
	case "SHA-512":
		x := sha512.Sum512([]byte(text))
		sum = x[:]
	default:
		return nil, fmt.Errorf("the algorithm: got %s, expected MD5, SHA-1, SHA-256, SHA-384 or SHA-512", value.Text(a[1]))
	}
	return hex.EncodeToString(sum), nil
}

func jsonMerge(_ *Environment, a []any) (any, error) {
	left, isLeft := a[0].(*value.Object)
	right, isRight := a[1].(*value.Object)
	if !isLeft || !isRight {
		return nil, fmt.Errorf("the first two arguments: got %s and %s, expected JSON objects", value.Describe(a[0]), value.Describe(a[1]))
	}
	if a[2] != false && a[2] != "false" {
		return nil, fmt.Errorf("the third argument: got %s, expected false: deep merging is not supported", value.Describe(a[2]))
	}
	merged := left.Clone()
	for name, x := range right.All() {
		merged.Set(name, x)
	}
	return merged, nil
}

// mathRandom returns a number in [a, b) for the arguments a and b (developer
// guide). The same seed gives the same number.
func mathRandom(env *Environment, a []any) (any, error) {
	first, err := truncated(a[0])
	if err != nil {
		return nil, err
	}
	last, err := truncated(a[1])
	if err != nil {
		return nil, err
	}
	if last <= first || last-first > 1<<53 {
		return nil, fmt.Errorf("the end: got %v, expected more than the start %v, by less than 2^53", last, first)
	}
	random := env.Random
	if len(a) == 3 {
		seed, err := truncated(a[2])
		if err != nil {
			return nil, err
		}
		random = rand.New(rand.NewPCG(uint64(int64(seed)), 0))
	}
	if random == nil {
		random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return first + float64(random.Int64N(int64(last-first))), nil
}

// mathAdd adds numbers of 32 bits. It rounds them as Java's Math.round does: a half
// goes up (both recorded).
func mathAdd(_ *Environment, a []any) (any, error) {
	var sum float64
	for _, v := range a {
		n, ok := value.Float(v)
		if !ok {
			return nil, wrongType(v, "a number")
		}
		if n != math.Trunc(n) {
			n = math.Floor(n + 0.5)
		}
		if sum += n; n != float64(int32(n)) || sum != float64(int32(sum)) {
			return nil, fmt.Errorf("the numbers: got %s and %s, expected that they and their sum are from -2147483648 to 2147483647", value.Text(a[0]), value.Text(a[1]))
		}
	}
	return sum, nil
}

// truncated returns a number without its fraction, as all functions but
// States.MathAdd take it (recorded).
func truncated(v any) (float64, error) {
	n, ok := value.Float(v)
	if !ok {
		return 0, wrongType(v, "a number")
	}
	return math.Trunc(n), nil
}

// stringSplit splits at each character of the second argument and leaves out
// empty parts (recorded).
func stringSplit(_ *Environment, a []any) (any, error) {
	text, ok := a[0].(string)
	delimiters, isText := a[1].(string)
	if !ok || !isText {
		return nil, fmt.Errorf("the arguments: got %s and %s, expected strings", value.Describe(a[0]), value.Describe(a[1]))
	}
	parts := []any{}
	for part := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(delimiters, c) }) {
		parts = append(parts, part)
	}
	return parts, nil
}

func randomUUID(env *Environment, _ []any) (any, error) {
	if env.Random == nil {
		return uuid.New(), nil
	}
	return uuid.From(env.Random.Uint64(), env.Random.Uint64()), nil
}

func array(v any) ([]any, error) {
	if list, ok := v.([]any); ok {
		return list, nil
	}
	return nil, wrongType(v, "an array")
}

func integer(v any) (int, error) {
	n, err := truncated(v)
	if err == nil && math.Abs(n) > 1<<53 {
		err = wrongType(v, "a smaller integer")
	}
	return int(n), err
}

func wrongType(v any, expected string) error {
	return fmt.Errorf("the argument: got %s, expected %s", value.Describe(v), expected)
}
