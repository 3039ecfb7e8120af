package jsonata_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/value"
)

func compile(t *testing.T, source string) *jsonata.Expression {
	t.Helper()
	e, err := jsonata.Compile(source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return e
}

func TestVariablesAreFree(t *testing.T) {
	for source, want := range map[string][]string{
		`1`:                                  nil,
		`$`:                                  nil,
		`$$.a`:                               nil,
		`$states.input.a`:                    {"states"},
		`$b + $a + $b`:                       {"b", "a"},
		`$sum($a)`:                           {"a"},
		`$sum`:                               nil,
		`$uuid() & $partition($a, 2)`:        {"a"},
		`$eval("1")`:                         {"eval"},
		`($x := $y; $x)`:                     {"y"},
		`($x; $x := 1)`:                      {"x"},
		`($x := 1); $x`:                      nil, // does not compile
		`[($x := 1), $x]`:                    {"x"},
		`($x := $x; $x)`:                     {"x"},
		`function($x) { $x + $y }`:           {"y"},
		`(function($x) { $x }($x))`:          {"x"},
		`($f := function($n) { $f($n) }; 1)`: nil,
		`$f := function($n) { $f($n) }`:      nil,
		`($a := function() { $b() }; $b := function() { $a() + $c }; $a())`: {"c"},
		`($f := function() { ($x := 1; $y + $x) }; $y := 2; $f())`:          nil,
		`($f := function() { $x; $x := 1 })`:                                nil, // does not compile
		`($f := function() { ($x; $x := 1) })`:                              {"x"},
		`a@$x.b[$x.c = $z].$x`:                                              {"z"},
		`a#$i[$i > $n]`:                                                     {"n"},
		`a[$i].b#$i`:                                                        {"i"},
		`a{$k: $v}`:                                                         {"k", "v"},
		`a^(>$k)`:                                                           {"k"},
		`a.%.b`:                                                             nil,
		`a ~> |$p|{"x": $u}, $d|`:                                           {"p", "u", "d"},
		`$c ? $t : $e`:                                                      {"c", "t", "e"},
		`$f(?, $a)`:                                                         {"f", "a"},
		`$x[$y]`:                                                            {"x", "y"},
		`$x[0][$y]{$z: 1}`:                                                  {"x", "y", "z"},
		`/* $c */ "$s" & ` + "`$n`":                                         nil,
	} {
		e, err := jsonata.Compile(source)
		if err != nil {
			if source != `($x := 1); $x` && source != `($f := function() { $x; $x := 1 })` {
				t.Errorf("%s: %v", source, err)
			}
			continue
		}
		if diff := cmp.Diff(want, e.Variables(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: unexpected variables (-expected +got):\n%s", source, diff)
		}
	}
}

func TestUsesInput(t *testing.T) {
	for source, want := range map[string]bool{
		`1`: false, `$states.input.a`: false, `$states.input.items[price > 5].name`: false, `$x{k: v}`: false, `$x^(k)`: false,
		`$x.($.a)`: false, `$x.{"a": b}`: false, `$x ~> |a|{"b": c}, d|`: false, `$map($x, function($v) { $v.a })`: false, `[1..3].($ * 2)`: false,
		`$`: true, `$$`: true, `a`: true, `$.a`: true, `*`: true, `**`: true, `a.b`: true, `"x" & a`: true, `$sum(a)`: true, `{"a": b}`: true,
		`$x.$$.a`: true, `$x[$$.a]`: true, `(a)`: true, `$x ? a`: true, `function($v) { a }`: true, `$f(?, a)`: true, `-a`: true, `[a]`: true, `$x := a`: true,
	} {
		if got := compile(t, source).UsesInput(); got != want {
			t.Errorf("%s: got %v, expected %v", source, got, want)
		}
	}
}

func TestPathOfFieldsAndIndexes(t *testing.T) {
	for _, c := range []struct {
		source, variable string
		steps            []jsonata.Step
		ok               bool
	}{
		{`$states.input.a`, "states", []jsonata.Step{{Field: "input"}, {Field: "a"}}, true},
		{`$states.input.a[0].b[-1][2.7]`, "states", []jsonata.Step{{Field: "input"}, {Field: "a", Indexes: []float64{0}}, {Field: "b", Indexes: []float64{-1, 2}}}, true},
		{"$x.`a b`.\"c\"", "x", []jsonata.Step{{Field: "a b"}, {Field: "c"}}, true},
		{`a`, "", []jsonata.Step{{Field: "a"}}, true},
		{`a.b`, "", []jsonata.Step{{Field: "a"}, {Field: "b"}}, true},
		{`$.a.b`, "", []jsonata.Step{{Field: "a"}, {Field: "b"}}, true},
		{`$$.a`, "$", []jsonata.Step{{Field: "a"}}, true},
		{`$states.input.a[]`, "", nil, false},
		{`$states.input.*`, "", nil, false},
		{`$states.input[a=1]`, "", nil, false},
		{`$states[0].input`, "", nil, false},
		{`$states.input.a + 1`, "", nil, false},
		{`($states.input)`, "", nil, false},
		{`$states.input.a.%`, "", nil, false},
		{`1`, "", nil, false},
	} {
		variable, steps, ok := compile(t, c.source).Path()
		if variable != c.variable || ok != c.ok {
			t.Errorf("%s: got variable %q, %v, expected %q, %v", c.source, variable, ok, c.variable, c.ok)
		}
		if diff := cmp.Diff(c.steps, steps); diff != "" {
			t.Errorf("%s: unexpected steps (-expected +got):\n%s", c.source, diff)
		}
	}
}

func TestPlainPathsAgreeWithGeneralPaths(t *testing.T) {
	states, err := value.Parse([]byte(`{"o":{"k":1,"n":null,"e":[],"s":"text","one":[7]},"l":[{"k":1,"l":[1,2]},{"k":[2,3]},{"x":5}],"m":[[1,2],[3,[4]]],"f":false}`))
	if err != nil {
		t.Fatal(err)
	}
	env := &jsonata.Environment{Input: states, Variable: func(name string) (any, bool) { return states, name == "s" }}
	steps := []string{"o", "k", "n", "e", "s", "one", "l", "m", "x", "f", "zz", "l[0]", "l[-1]", "l[9]", "m[1]", "m[1][1]", "o[0]", "o[1]", "k[0]", "k[-1]", "e[0]"}
	for _, first := range steps {
		for _, second := range append(steps, "") {
			path := first
			if second != "" {
				path += "." + second
			}
			for _, start := range []string{"$s.", "", "$.", "$$."} {
				got := evaluate(t, start+path, env)
				want := evaluate(t, `($ := $s; `+"$v := $s; ($v)."+path+`)`, env)
				if got != want {
					t.Errorf("%s%s: got %s, expected %s", start, path, got, want)
				}
			}
		}
	}
}

func TestUnknownVariablesAreUndefined(t *testing.T) {
	for source, want := range map[string]string{`$x`: "undefined", `$x.a`: "undefined", `$x.a.b[0]`: "undefined", `[$x]`: "[]", `$exists($x)`: "false"} {
		if got := evaluate(t, source, &jsonata.Environment{}); got != want {
			t.Errorf("%s: got %s, expected %s", source, got, want)
		}
	}
}

func TestVariablesTakePrecedenceOverFunctions(t *testing.T) {
	env := &jsonata.Environment{Variable: func(name string) (any, bool) { return "mine", name == "sum" || name == "count" }}
	for source, want := range map[string]string{
		`$sum`:              `"mine"`,
		`$sum([1])`:         `T1006: Attempted to invoke a non-function`,
		`$max([1])`:         `1`,
		`($sum := 5; $sum)`: `5`,
	} {
		if got := evaluate(t, source, env); got != want {
			t.Errorf("%s: got %s, expected %s", source, got, want)
		}
	}
}

func TestVariableIsLookedUpOncePerEvaluation(t *testing.T) {
	asked := map[string]int{}
	env := &jsonata.Environment{Variable: func(name string) (any, bool) {
		asked[name]++
		return value.NewObject("a", 1.0), name == "x"
	}}
	if got := evaluate(t, `[1..5].($x.a + $x.a + $count($y))`, env); got != `[2,2,2,2,2]` {
		t.Errorf("got %s, expected [2,2,2,2,2]", got)
	}
	if asked["x"] != 1 || asked["y"] != 1 {
		t.Errorf("looked up %v times, expected once for each name", asked)
	}
}

func TestNullIsNotUndefined(t *testing.T) {
	for source, want := range map[string]string{`$`: "null", `$exists($)`: "true", `$.a`: "undefined", `[$]`: "[null]", `{"a": $}`: `{"a":null}`} {
		if got := evaluate(t, source, &jsonata.Environment{Input: nil}); got != want {
			t.Errorf("%s of null: got %s, expected %s", source, got, want)
		}
	}
	for source, want := range map[string]string{`$`: "undefined", `$exists($)`: "false", `[$]`: "[]", `{"a": $}`: `{}`} {
		if got := evaluate(t, source, &jsonata.Environment{Input: jsonata.Undefined}); got != want {
			t.Errorf("%s without input: got %s, expected %s", source, got, want)
		}
	}
}

func TestMembersKeepTheirOrder(t *testing.T) {
	input, err := value.Parse([]byte(`{"z":1,"a":2,"10":3,"9":4}`))
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		`$`:                          `{"z":1,"a":2,"10":3,"9":4}`,
		`*`:                          `[1,2,3,4]`,
		`$keys($)`:                   `["z","a","10","9"]`,
		`$ ~> |$|{"b":5}, "a"|`:      `{"z":1,"10":3,"9":4,"b":5}`,
		`$merge([$, {"a":0,"c":1}])`: `{"z":1,"a":0,"10":3,"9":4,"c":1}`,
		`{"2":1,"1":2}`:              `{"2":1,"1":2}`,
		`$sift(function($v){$v!=2})`: `{"z":1,"10":3,"9":4}`,
		`$each(function($v,$k){$k})`: `["z","a","10","9"]`,
		`$string($)`:                 `"{\"z\":1,\"a\":2,\"10\":3,\"9\":4}"`,
		`[3,1,2]{$string($): $}`:     `{"3":3,"1":1,"2":2}`,
		`$spread($)[0]`:              `{"z":1}`,
	} {
		if got := evaluate(t, source, &jsonata.Environment{Input: input}); got != want {
			t.Errorf("%s: got %s, expected %s", source, got, want)
		}
	}
}

func TestErrorDetails(t *testing.T) {
	for _, c := range []struct {
		source string
		want   jsonata.Error
	}{
		{`1 +`, jsonata.Error{Code: "S0207", Position: 3, Token: "(end)", Message: "Unexpected end of expression"}},
		{`{"a" 1}`, jsonata.Error{Code: "S0202", Position: 6, Token: "1", Value: ":", Message: `Expected ":", got 1`}},
		{`"é😀" + 1`, jsonata.Error{Code: "T2001", Position: 7, Token: "+", Value: "é😀", Message: `The left side of the "+" operator must evaluate to a number`}},
		{`$sum("x")`, jsonata.Error{Code: "T0412", Position: 5, Token: "sum", Value: "x", Message: `Argument 1 of function "sum" must be an array of "numbers"`}},
		{`$error("no")`, jsonata.Error{Code: "D3137", Position: 7, Token: "error", Message: "no"}},
		{`/(/`, jsonata.Error{Code: "S0302", Position: 3, Message: "No terminating / in regular expression"}},
		{`-[1,2][$ > 0]`, jsonata.Error{Code: "D1002", Position: 1, Token: "-", Value: []any{1.0, 2.0}, Message: "Cannot negate a non-numeric value: [1,2]"}},
	} {
		e, err := jsonata.Compile(c.source)
		if err == nil {
			_, err = e.Eval(&jsonata.Environment{})
		}
		var got *jsonata.Error
		if !errors.As(err, &got) {
			t.Errorf("%s: got error %v, expected %v", c.source, err, &c.want)
			continue
		}
		if diff := cmp.Diff(&c.want, got, cmpopts.IgnoreUnexported(jsonata.Error{})); diff != "" {
			t.Errorf("%s: unexpected error (-expected +got):\n%s", c.source, diff)
		}
	}
	if e := (&jsonata.Error{Code: "T1006", Message: "m"}); e.Error() != "T1006: m" {
		t.Errorf("got %q, expected the code and the message", e.Error())
	}
	if e := (&jsonata.Error{Message: "m"}); e.Error() != "m" {
		t.Errorf("got %q, expected the message alone", e.Error())
	}
}

func TestInvalidRegularExpressions(t *testing.T) {
	for source, want := range map[string]string{
		`/+/`:       "Invalid regular expression: /+/g: ",
		`/a)b(/`:    "Invalid regular expression: /a)b(/g: ",
		`/a{2,1}/i`: "Invalid regular expression: /a{2,1}/ig: ",
	} {
		_, err := jsonata.Compile(source)
		var got *jsonata.Error
		if !errors.As(err, &got) || got.Code != "" || len(got.Message) <= len(want) || got.Message[:len(want)] != want {
			t.Errorf("%s: got error %v, expected %s and a reason", source, err, want)
		}
	}
}

func TestConcurrentEvaluationsAreIndependent(t *testing.T) {
	cases := recordedCases(t)
	expressions := make([]*jsonata.Expression, len(cases))
	want := make([]string, len(cases))
	environment := func(i int) *jsonata.Environment {
		env := &jsonata.Environment{Input: jsonata.Undefined, Now: time.UnixMilli(1764000000000), MaxDepth: 1000}
		if cases[i].Input != nil {
			env.Input = parse(t, cases[i].Input)
		}
		return env
	}
	for i, c := range cases {
		if e, err := jsonata.Compile(c.Expr); err == nil {
			expressions[i] = e
			want[i] = evaluated(e, environment(i))
		}
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for n := range cases {
				i := (n*7 + worker*len(cases)/8) % len(cases)
				if expressions[i] == nil {
					continue
				}
				if got := evaluated(expressions[i], environment(i)); got != want[i] {
					t.Errorf("%s: got %s while other evaluations run, expected %s", cases[i].Expr, got, want[i])
				}
			}
		})
	}
	wg.Wait()
}

func evaluated(e *jsonata.Expression, env *jsonata.Environment) string {
	v, err := e.Eval(env)
	if err != nil {
		return err.Error()
	}
	return shown(v)
}

func TestFunctionAsResult(t *testing.T) {
	for source, expected := range map[string]string{`$sum`: "function", `function($x){$x}`: "function", `[$sum]`: `[""]`, `{"f": $sum}`: `{"f":""}`} {
		e, err := jsonata.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.Eval(&jsonata.Environment{})
		if err != nil {
			t.Fatal(err)
		}
		got := "function"
		if v != any(jsonata.Function{}) {
			got = value.Text(v)
		}
		if got != expected {
			t.Errorf("%s: got %s, expected %s", source, got, expected)
		}
	}
}

func TestResultContainsNoFunction(t *testing.T) {
	for _, source := range []string{
		`$sort($append)`, `$append($sum, 1)`, `$append($sum, $sum)`, `$reverse($sum)`, `$distinct($sum)`, `$shuffle($sum)`, `$zip($sum)`, `$zip($sum, $max)`,
		`$map([1], function($x){$sum})`, `$map($sum, function($x){$x})`, `$filter($sum, function($x){true})`, `$filter([1,2].$sum, function($x){true})`,
		`$reduce($sum, function($a, $b){$a})`, `$reduce([1, 2], function($a, $b){[$sum]})`, `$each({"a": 1}, function($v){$sum})`, `$sift({"a": $sum}, function($v){true})`,
		`$spread({"a": $sum})`, `$merge({"a": $sum})`, `$lookup({"a": [$sum, $sum]}, "a")`, `$single($sum, function($x){true})`, `$partition($sum, 1)`, `$partition([$sum, $sum], 1)`,
		`[1, 2].$sum`, `[1..2].{"f": $sum}`, `{"a": 1}.{"f": [$sum]}`, `[$sum][0]`, `$sum[]`, `($f := $sum; [$f, $f])`, `[[1], $sum] ~> $append(2)`, `{"x": $sum}.*`, `{"x": {"y": $sum}}.**`,
		`$sort([3, 1], function($a, $b){$a > $b}).{"f": $max}`, `[1, 2]{"k": $sum}`, `{"a": 1} ~> |$|{"f": $sum}|`, `true ? [$sum] : 1`, `$append([$sum], [$sum])`,
		`(function($x)<a:a>{$x})($sum)`, `(function($x)<a:a>{$x}) ~> function($f){$f($sum)}`,
	} {
		e, err := jsonata.Compile(source)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		v, err := e.Eval(&jsonata.Environment{Input: &value.Object{}, Random: rand.New(rand.NewPCG(1, 2))})
		if err != nil {
			continue // some functions refuse these arguments
		}
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("%s: %v", source, p)
				}
			}()
			shown(v)
		}()
	}
}
