package asl_test

import (
	"errors"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/value"
)

// call evaluates an intrinsic function.
func call(t *testing.T, source, input string) (any, error) {
	t.Helper()
	definition := value.Append(nil, value.NewObject("StartAt", "P", "States", value.NewObject("P",
		value.NewObject("Type", "Pass", "End", true, "Parameters", value.NewObject("x.$", source)))))
	machine, err := asl.Parse(definition)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	v, err := value.Parse([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	result, err := machine.Start.Parameters.Evaluate(&asl.Scope{Input: v, Context: func() *value.Object { return value.NewObject("Name", "c") }})
	if err != nil {
		return nil, err
	}
	x, _ := result.(*value.Object).Get("x")
	return x, nil
}

func TestIntrinsicFunctions(t *testing.T) {
	for _, c := range []struct{ source, input, expected string }{
		{"States.Format('{} and {}', $.a, 'b')", `{"a":1}`, `"1 and b"`},
		{`States.Format('\{{}\} isn\'t \\', $.a)`, `{"a":"x"}`, `"{x} isn't \\"`},
		{"States.Format('{}', $)", `{"a":[1,null],"b":{}}`, `"{a=[1, null], b={}}"`},
		{`States.StringToJson('\{"a":[1]\}')`, `{}`, `{"a":[1]}`},
		{"States.JsonToString($.a)", `{"a":{"b":1}}`, `"{\"b\":1}"`},
		{"States.Array()", `{}`, `[]`},
		{"States.Array(1, 'a', true, null, $.x)", `{"x":{}}`, `[1,"a",true,null,{}]`},
		{"States.ArrayPartition($.l, 2)", `{"l":[1,2,3]}`, `[[1,2],[3]]`},
		{"States.ArrayContains($.l, 2)", `{"l":[1,2.0]}`, `true`},
		{"States.ArrayRange(5, 1, -2)", `{}`, `[5,3,1]`},
		{"States.ArrayGetItem($.l, 1)", `{"l":[1,2]}`, `2`},
		{"States.ArrayUnique($.l)", `{"l":[1,1,"1",[],[]]}`, `[1,"1",[]]`},
		{"States.Base64Encode('Data to encode')", `{}`, `"RGF0YSB0byBlbmNvZGU="`},
		{"States.Hash('input data', 'SHA-1')", `{}`, `"aaff4a450a104cd177d28d18d74485e8cae074b7"`},
		{"States.JsonMerge($.a, $.b, false)", `{"a":{"x":1,"y":1},"b":{"y":2}}`, `{"x":1,"y":2}`},
		{"States.MathAdd(-1.5, 0.5)", `{}`, `0`},
		{"States.StringSplit('a.b+c', '.+')", `{}`, `["a","b","c"]`},
		{"States.ArrayLength(States.Array($$.Name, $.a['x,y)']))", `{"a":{"x,y)":1}}`, `2`},
	} {
		got, err := call(t, c.source, c.input)
		if err != nil || value.Text(got) != c.expected {
			t.Errorf("%s: got %s %v, expected %s", c.source, value.Text(got), err, c.expected)
		}
	}
}

func TestIntrinsicFailures(t *testing.T) {
	for _, c := range []struct{ source, name string }{
		{"States.Format('{}')", "States.IntrinsicFailure"},
		{"States.Format('x', 1)", "States.IntrinsicFailure"},
		{"States.StringToJson('{')", "States.IntrinsicFailure"},
		{"States.ArrayRange(-9e15, 9e15, 1)", "States.IntrinsicFailure"},
		{"States.ArrayRange(1, 9, 0)", "States.IntrinsicFailure"},
		{"States.ArrayGetItem(States.Array(1), 1)", "States.IntrinsicFailure"},
		{"States.MathRandom(9, 1)", "States.IntrinsicFailure"},
		{"States.MathRandom(-9e18, 9e18)", "States.IntrinsicFailure"},
		{"States.JsonMerge($, $, true)", "States.IntrinsicFailure"},
		{"States.MathAdd('1', 2)", "States.IntrinsicFailure"},
		{"States.ArrayLength($.missing)", "States.Runtime"},
	} {
		_, err := call(t, c.source, `{}`)
		var e *asl.EvaluationError
		if !errors.As(err, &e) || e.Name != c.name {
			t.Errorf("%s: got %v, expected %s", c.source, err, c.name)
		}
	}
}

func TestComparisons(t *testing.T) {
	for _, c := range []struct {
		rule  string
		input string
		holds bool
	}{
		{`"Variable":"$.a","StringMatches":"*.log"`, `{"a":"x.log"}`, true},
		{`"Variable":"$.a","StringMatches":"a*b*c"`, `{"a":"abc"}`, true},
		{`"Variable":"$.a","StringMatches":"a*b*c"`, `{"a":"acb"}`, false},
		{`"Variable":"$.a","StringMatches":"\\*x"`, `{"a":"*x"}`, true},
		{`"Variable":"$.a","StringMatches":"aa*aa"`, `{"a":"aaa"}`, false},
		{`"Variable":"$.a","StringLessThan":"\ud83d\ude00"`, `{"a":"\uffff"}`, false},
		{`"Variable":"$.a","NumericGreaterThanPath":"$.b"`, `{"a":2,"b":1}`, true},
		{`"Variable":"$.a","NumericEquals":1`, `{"a":"1"}`, false},
		{`"Variable":"$.a","TimestampLessThan":"2026-03-14T02:00:00Z"`, `{"a":"2026-03-14T02:30:00+01:00"}`, true},
		{`"Variable":"$.a","IsNull":true`, `{"a":null}`, true},
		{`"Variable":"$.a","IsTimestamp":false`, `{"a":"2026-03-14"}`, true},
		{`"Variable":"$.l[?(@ > 1)]","IsPresent":true`, `{"l":[1]}`, false},
		{`"Not":{"Variable":"$.a","BooleanEquals":true}`, `{"a":false}`, true},
		{`"And":[{"Variable":"$.x","IsPresent":true},{"Variable":"$.x","NumericEquals":1}]`, `{}`, false},
		{`"Or":[{"Variable":"$.a","IsString":true},{"Variable":"$.missing","IsNull":true}]`, `{"a":"x"}`, true},
	} {
		machine, err := asl.Parse([]byte(`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{` + c.rule + `,"Next":"S"}]},"S":{"Type":"Succeed"}}}`))
		if err != nil {
			t.Fatalf("%s: %v", c.rule, err)
		}
		input, err := value.Parse([]byte(c.input))
		if err != nil {
			t.Fatal(err)
		}
		holds, err := machine.Start.Choice.Rules[0].Matches(&asl.Scope{Input: input})
		if err != nil || holds != c.holds {
			t.Errorf("%s on %s: got %v %v, expected %v", c.rule, c.input, holds, err, c.holds)
		}
	}
}
