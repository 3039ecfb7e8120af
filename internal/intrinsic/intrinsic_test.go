package intrinsic_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mapjob/mapjob/internal/intrinsic"
	"github.com/mapjob/mapjob/internal/jsonpath"
	"github.com/mapjob/mapjob/internal/value"
)

// evaluate compiles and evaluates a call on an input.
func evaluate(source string, input any) (any, error) {
	call, err := intrinsic.Compile(source, func(path string) (fmt.Stringer, error) { return jsonpath.Compile(path) })
	if err != nil {
		return nil, err
	}
	return call.Evaluate(&intrinsic.Environment{
		Path:   func(path fmt.Stringer) (any, error) { return path.(*jsonpath.Path).Get(input) },
		Random: rand.New(rand.NewPCG(1, 1)),
	})
}

func parse(t testing.TB, text string) any {
	t.Helper()
	v, err := value.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, input, expected string }{
		{"States.Format('{} and {}', $.a, 'b')", `{"a":1}`, `"1 and b"`},
		{`States.Format('\{{}\} isn\'t \\', $.a)`, `{"a":"x"}`, `"{x} isn't \\"`},
		{"States.Format('{}', $)", `{"a":[1,null],"b":{}}`, `"{a=[1, null], b={}}"`},
		{`States.StringToJson('\{"a":[1]\}')`, `{}`, `{"a":[1]}`},
		// States.StringToJson of an empty or blank string gives null.
		{`States.StringToJson('')`, `{}`, `null`},
		{`States.StringToJson('  ')`, `{}`, `null`},
		{"States.JsonToString($.a)", `{"a":{"b":1}}`, `"{\"b\":1}"`},
		{"States.Array()", `{}`, `[]`},
		{"States.Array(1, 'a', true, null, $.x)", `{"x":{}}`, `[1,"a",true,null,{}]`},
		{"States.ArrayPartition($.l, 2)", `{"l":[1,2,3]}`, `[[1,2],[3]]`},
		{"States.ArrayContains($.l, 2)", `{"l":[1,2.0]}`, `true`},
		{"States.ArrayRange(5, 1, -2)", `{}`, `[5,3,1]`},
		{"States.ArrayGetItem($.l, 1)", `{"l":[1,2]}`, `2`},
		{"States.ArrayUnique($.l)", `{"l":[1,1,"1",[],[]]}`, `[1,"1",[]]`},
		// Elements are in the order of a HashSet, and equal as for ArrayContains.
		{"States.ArrayUnique($.l)", `{"l":["delta","b","a","b","charlie","a"]}`, `["a","b","delta","charlie"]`},
		{"States.ArrayUnique($.l)", `{"l":[17,16,2,16,1]}`, `[16,17,1,2]`},
		{"States.ArrayUnique($.l)", `{"l":[false,true,null,"",0,false]}`, `[null,"",0,false,true]`},
		{"States.ArrayUnique($.l)", `{"l":[1.5,-1,4294967296,1.5]}`, `[-1,4294967296,1.5]`},
		{"States.ArrayUnique($.l)", `{"l":[{"a":1,"b":2},{"b":2,"a":1},[2,1],[1,2]]}`, `[{"a":1,"b":2},[2,1],[1,2]]`},
		{"States.ArrayUnique($.l)", `{"l":[]}`, `[]`},
		{"States.ArrayUnique($.l)", `{"l":[48,32,16,15,14,13,12,11,10,9,8,7,6]}`, `[32,6,7,8,9,10,11,12,13,14,15,48,16]`},
		{"States.ArrayContains($.l, $.x)", `{"l":[{"a":1,"b":[]}],"x":{"b":[],"a":1}}`, `true`},
		{"States.ArrayContains($.l, $.x)", `{"l":["1",[1]],"x":1}`, `false`},
		{"States.StringSplit('', '')", `{}`, `[]`},
		{"States.StringSplit('', ',')", `{}`, `[]`},
		{"States.StringSplit('a,b', '')", `{}`, `["a,b"]`},
		{"States.Base64Encode('Data to encode')", `{}`, `"RGF0YSB0byBlbmNvZGU="`},
		{"States.Hash('input data', 'SHA-1')", `{}`, `"aaff4a450a104cd177d28d18d74485e8cae074b7"`},
		{"States.JsonMerge($.a, $.b, false)", `{"a":{"x":1,"y":1},"b":{"y":2}}`, `{"x":1,"y":2}`},
		{"States.MathAdd(-1.5, 0.5)", `{}`, `0`},
		{"States.MathAdd(2147483646.5, -2147483648)", `{}`, `-1`},
		// Elsewhere, fractions are cut off.
		{"States.ArrayRange(1.9, 5.9, 2.9)", `{}`, `[1,3,5]`},
		{"States.ArrayRange(-1.9, 1.9, 1)", `{}`, `[-1,0,1]`},
		{"States.ArrayPartition($.l, 2.9)", `{"l":[1,2,3]}`, `[[1,2],[3]]`},
		{"States.ArrayGetItem($.l, 0.9)", `{"l":[1,2]}`, `1`},
		{"States.ArrayGetItem($.l, -0.9)", `{"l":[1,2]}`, `1`},
		{"States.MathRandom(4.9, 5.1)", `{}`, `4`},
		// Base64 is read as leniently as it can be.
		{"States.Base64Decode('QUJD')", `{}`, `"ABC"`},
		{"States.Base64Decode('QUI')", `{}`, `"AB"`},
		{"States.Base64Decode('Q-U_I=.x')", `{}`, `"AB"`},
		{"States.Base64Decode($.t)", `{"t":" Q U\nI = = "}`, `"AB"`},
		{"States.Base64Decode('QUJDR')", `{}`, `"ABC"`},
		{"States.Base64Decode('====')", `{}`, `""`},
		{"States.Base64Decode('/w==')", `{}`, "\"\ufffd\""},
		{"States.JsonMerge($.a, $.b, 'false')", `{"a":{"x":1},"b":{}}`, `{"x":1}`},
		{"States.StringSplit('a.b+c', '.+')", `{}`, `["a","b","c"]`},
		{"States.ArrayLength(States.Array('c', $.a['x,y)']))", `{"a":{"x,y)":1}}`, `2`},
	} {
		got, err := evaluate(c.source, parse(t, c.input))
		if err != nil || value.Text(got) != c.expected {
			t.Errorf("%s: got %s and error %v, expected %s", c.source, value.Text(got), err, c.expected)
		}
	}
}

func TestFunctionFailures(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"States.Format('{}')",
		"States.Format('x', 1)",
		"States.StringToJson('{')",
		"States.ArrayRange(-9e15, 9e15, 1)",
		"States.ArrayRange(1, 9, 0)",
		"States.ArrayGetItem(States.Array(1), 1)",
		"States.MathRandom(9, 1)",
		"States.MathRandom(-9e18, 9e18)",
		"States.JsonMerge($, $, true)",
		"States.MathAdd('1', 2)",
		"States.MathAdd(1)",
		"States.MathAdd(1, 2, 3)",
		"States.MathAdd(2147483647, 1)",
		"States.MathAdd(-2147483648, -1)",
		"States.MathAdd(2147483648, -1)",
		"States.MathAdd(1, 1e300)",
		"States.Array(States.ArrayLength())",
		"States.JsonToString()",
		"States.Format()",
		"States.Format('}')",
		"States.Format('{')",
		"States.Format('{x}', 1)",
		"States.Format('{}}', 1)",
		"States.ArrayRange(1, 9, 0.9)",
		"States.ArrayPartition(States.Array(1), 0.9)",
		"States.MathRandom(1.1, 1.9)",
		"States.JsonMerge($, $, 'true')",
		"States.JsonMerge($, $, null)",
	} {
		_, err := evaluate(source, parse(t, `{}`))
		var failed *intrinsic.Error
		if !errors.As(err, &failed) || failed.Path != nil {
			t.Errorf("%s: got %v, expected an error of the function", source, err)
		}
	}
}

// States.UUID ignores arguments.
func TestUUIDWithArguments(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"States.UUID()", "States.UUID(1)", "States.UUID('a', null)"} {
		got, err := evaluate(source, nil)
		if text, ok := got.(string); err != nil || !ok || len(text) != 36 {
			t.Errorf("%s: got %v and error %v, expected a UUID", source, got, err)
		}
	}
}

func TestPathWithoutValueIsTheInnermostCallsError(t *testing.T) {
	t.Parallel()
	_, err := evaluate("States.Array(States.ArrayLength($.missing))", parse(t, `{}`))
	var failed *intrinsic.Error
	if !errors.As(err, &failed) || failed.Path == nil {
		t.Fatalf("got %v, expected an error of the path", err)
	}
	if diff := cmp.Diff([]string{"States.ArrayLength($.missing)", "$.missing"}, []string{failed.Call, failed.Path.String()}); diff != "" {
		t.Errorf("wrong call and path (-expected +got):\n%s", diff)
	}
}

func TestCompileErrorsSayWhatWasExpected(t *testing.T) {
	t.Parallel()
	for source, expected := range map[string]string{
		"States.Upper($.a)":      `got "States.Upp" at character 1, expected an intrinsic function such as States.Format`,
		"States.MathAdd(1, 2":    `got the end at character 20, expected "," or ")"`,
		"States.UUID() and more": `got "and more" at character 15, expected the end`,
		`States.Format('\n')`:    `got "n')" at character 17, expected one of ' { } \ after a backslash`,
	} {
		if _, err := evaluate(source, nil); err == nil || err.Error() != expected {
			t.Errorf("%s: got %v, expected %s", source, err, expected)
		}
	}
}

// FuzzEvaluate evaluates any text as a call.
func FuzzEvaluate(f *testing.F) {
	for _, source := range []string{
		"States.Format('{} \\\\{', $.a)", "States.ArrayRange(1, 9, 2)", "States.StringSplit($.s, ',')", "States.JsonMerge($.o, $.o, false)",
		"States.ArrayGetItem(States.Array(1, 'x', null), 0)", "States.MathRandom(1, 9)", "States.Base64Decode('eA==')", "States.Hash('a', 'MD5')",
		"States.StringToJson('[1]')", "States.ArrayPartition($.l, 2)", "States.UUID()", "States.ArrayUnique($.l)", "States.Array($.l[1:], $..a, $.l[?(@.a > 1)])",
	} {
		f.Add(source)
	}
	input := parse(f, `{"a":1,"s":"x,y","o":{"b":null},"l":[1,{"a":2},3]}`)
	f.Fuzz(func(_ *testing.T, source string) {
		if x, err := evaluate(source, input); err == nil {
			value.Text(x)
		}
	})
}
