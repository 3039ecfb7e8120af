package jsonata_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/value"
)

const (
	tooDeep = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive."
	tooBig  = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
)

// AWS accepts and refuses the expressions whose names say so. The others must
// end soon.
func TestLimits(t *testing.T) {
	sumTo := `($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(`
	for name, c := range map[string]struct{ source, want string }{
		"recursion that AWS accepts":                     {sumTo + `30))`, `30`},
		"recursion that AWS refuses":                     {sumTo + `40))`, tooDeep},
		"a sum of 200 terms":                             {`1` + strings.Repeat(`+1`, 199), tooDeep},
		"a text of 200 parts":                            {`"a"` + strings.Repeat(`&"a"`, 199), tooDeep},
		"endless recursion":                              {`($f := function($n) { 1 + $f($n) }; $f(1))`, tooDeep},
		"endless mutual recursion":                       {`($f := function() { [$g()] }; $g := function() { [$f()] }; $f())`, tooDeep},
		"recursion through $map":                         {`($f := function($n) { $map([1,2], $f) & "" }; $f(1))`, tooDeep},
		"recursion through ~>":                           {`($f := function($n) { ($n ~> $f) & "" }; $f(1))`, tooDeep},
		"tail recursion":                                 {`($f := function($n) { $n = 0 ? "done" : $f($n - 1) }; $f(100000))`, `"done"`},
		"tail recursion through a block":                 {`($f := function($n) { ($m := $n - 1; $m <= 0 ? "done" : $f($m)) }; $f(20000))`, `"done"`},
		"a string doubled 30 times":                      {`$length($reduce([1..30], function($s) { $s & $s }, "0123456789"))`, "D3050: The second argument of reduce function must be a function with at least two arguments"},
		"a string doubled":                               {`$length($reduce([1..30], function($s, $i) { $s & $s }, "0123456789"))`, tooBig},
		"an array doubled":                               {`$count($reduce([1..30], function($a, $i) { $append($a, $a) }, [1,2]))`, tooBig},
		"arrays of arrays":                               {`($x := [1..100000]; $count($map([1..100000], function($i) { [[$x]] })))`, tooBig},
		"one $pad may add at most 262,144 characters":    {`$length($pad("ab", 262146) & $pad("ab", -262146))`, `524292`},
		"one $pad that adds 262,145 characters":          {`$pad("ab", 262147)`, tooBig},
		"one $pad that adds 262,145 characters in front": {`$pad("ab", -262147)`, tooBig},
		"$join may exceed that":                          {`$length($join([1..1000].("1234567890" & $pad("", 990))))`, `1000000`},
		"replacement":                                    {`$length($replace($pad("", 100000, "a"), "a", $pad("", 10000)))`, tooBig},
		"replacement by expression":                      {`$length($replace($pad("", 10000, "a"), /a/, $pad("", 10000)))`, tooBig},
		"joining":                                        {`$length($join($map([1..10000], function($i) { "" & $i }), $pad("", 10000)))`, tooBig},
		"a template that repeats the match":              {`$length($replace($pad("", 10000, "a"), /a+/, $pad("", 20000, "$0")))`, tooBig},
		"a join of two arrays":                           {`($x := [1..2000]; $count($x@$a.$x@$b.[$a, $b]))`, tooBig},
		"elements of a path":                             {`($x := [1..10000]; $count($x.($x)))`, tooBig},
		"indexes that repeat an element":                 {`($z := $map([1..800000], function() { 0 }); $count([1, 2][$z]))`, `800000`},
		"indexes that repeat two elements":               {`$count([1, 2]#$i[$map([1..500000], function() { $i })])`, tooBig},
		"a group of arrays":                              {`($x := [1..10000]; $count(([1..10000].{"x": $x}).x{"a": $}))`, tooBig},
		"a group of many arrays":                         {`($x := [1..10000]; $count($map([1..10000], function() { [$x] }){"a": $}))`, tooBig},
		"a group of many bound values":                   {`($x := [1..100000]; $g := $x#$i{"a": [$i]}; $count($g.a))`, `100000`},
		"separators of an integer":                       {`$length($formatInteger(1, $pad("", 200000, "0,") & "0"))`, `200001`},
		"widths of a time":                               {`$fromMillis(0, $pad("", 255000, "[Y,999999-999999]"))`, tooBig},
		"a value that shares its parts":                  {`$string($reduce([1..60], function($a, $i) { {"l": $a, "r": $a} }, {}))`, tooBig},
		"a copy of such a value":                         {`$reduce([1..60], function($a, $i) { {"l": $a, "r": $a} }, {}) ~> |$|{}|`, tooBig},
		"descendants of such a value":                    {`$count($reduce([1..60], function($a, $i) { {"l": $a, "r": $a} }, {}).**)`, tooBig},
		"an error about such a value":                    {`$uppercase($reduce([1..60], function($a, $i) { {"l": $a, "r": $a} }, {}))`, `T0410: Argument 1 of function "uppercase" does not match function signature`},
		"nesting of 100,000 levels":                      {`$length($string($reduce([1..100000], function($a, $i) { [[$a]] }, [])))`, `200002`},
		"endless nesting":                                {`$exists($reduce([1..800000], function($a, $i) { [[[[[[[[$a]]]]]]]] }, []))`, tooBig},
		"an update with the object itself":               {`{"a": {}} ~> |$|{"self": [$]}|`, `The insert/update clause of the transform expression must not refer to the object it updates: "self" would contain itself`},
		"an update through a later match":                {`{"a": {"b": {}}} ~> |**|$x := {"p": $x, "c": $}|`, `The insert/update clause of the transform expression must not refer to the object it updates: "c" would contain itself`},
		"an update with a part":                          {`{"a": {"b": 1}} ~> |$|{"c": a}|`, `{"a":{"b":1},"c":{"b":1}}`},
		"a long array":                                   {`$count([1..873782])`, `873782`},
		"an array that is too long":                      {`$count([1..873783])`, tooBig},
		"appending to an array 5,000 times":              {`$count($reduce([1..5000], function($a, $i) { $append($a, $i) }, []))`, `5000`},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if got := evaluate(t, c.source, &jsonata.Environment{Context: ctx}); got != c.want {
				t.Errorf("got %.200s\nexpected %s", got, c.want)
			}
		})
	}
}

// stopping returns an environment in which looking up $stop calls stop, so that
// ctx ends while the evaluation runs.
func stopping(ctx context.Context, stop func()) *jsonata.Environment {
	return &jsonata.Environment{Context: ctx, Variable: func(name string) (any, bool) {
		if name == "stop" {
			stop()
		}
		return nil, false
	}}
}

func TestDeadlineStopsAnEvaluation(t *testing.T) {
	shared := `$reduce([1..60], function($a, $i) { [[$a], [$a]] }, [0])`
	for name, source := range map[string]string{
		"a loop":               `($f := function($n) { $f($n + 1) }; $f(1))`,
		"a comparison":         `(` + shared + `) = (` + shared + `)`,
		"a truth value":        `(` + shared + `) ? 1 : 2`,
		"a field of arrays":    `(` + shared + `).x`,
		"keys":                 `$keys(` + shared + `)`,
		"sorting":              `$sort([1..800000], function($a, $b) { $a < $b })`,
		"a regular expression": `$match($pad("", 40, "a") & "b", /^(a+)+$/)`,
		"mapping":              `$map([1..800000], function($i) { $map([1..100], function($j) { $i * $j }) })`,
	} {
		t.Run(name, func(t *testing.T) {
			e, err := jsonata.Compile("($stop; " + source + ")")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			started := time.Now()
			v, err := e.Eval(stopping(ctx, func() { cancel(context.DeadlineExceeded) }))
			if err == nil {
				t.Fatalf("got %.100s, expected it to stop at the deadline", shown(v))
			}
			if !strings.HasPrefix(err.Error(), "Expression evaluation timeout") {
				t.Errorf("got error %v, expected a timeout", err)
			}
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("took %v, expected it to stop at the deadline", took)
			}
		})
	}
}

func TestCancellationStopsAnEvaluation(t *testing.T) {
	e, err := jsonata.Compile(`($stop; $f := function($n) { $f($n + 1) }; $f(1))`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("the execution was stopped")
	if _, err := e.Eval(stopping(ctx, func() { cancel(reason) })); !errors.Is(err, reason) {
		t.Errorf("got error %v, expected one that wraps %v", err, reason)
	}
	if _, err := e.Eval(&jsonata.Environment{Context: ctx}); !errors.Is(err, reason) {
		t.Errorf("got error %v for a context that had ended, expected one that wraps %v", err, reason)
	}
}

func TestDepthIsCountedAsInJsonata(t *testing.T) {
	for source, depth := range map[string]int{
		`1`: 1, `a`: 2, `$x`: 1, `$x.a.b`: 2, `1 + 2`: 2, `1 + 2 + 3`: 3, `a.(b)`: 4, `$sum(a)`: 3, `(1; (2))`: 3,
		`function($x) { $x }(1)`: 2, `a[b]`: 3, `a ^ (b)`: 2, `-a`: 3, `a ? b : c`: 3, `"a" & "b" & "c"`: 3, `a ~> $sum`: 3,
	} {
		e, err := jsonata.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		for d := 1; d <= depth; d++ {
			_, err := e.Eval(&jsonata.Environment{MaxDepth: d, Input: value.NewObject("a", 1.0, "b", 2.0)})
			if refused := err != nil && err.Error() == tooDeep; refused != (d < depth) {
				t.Errorf("%s: got error %v within %d levels, expected it to need %d", source, err, d, depth)
			}
		}
	}
}

func TestDeeplyNestedSourceIsRefused(t *testing.T) {
	many := func(part string) string { return strings.Repeat(part, 20000) }
	for _, source := range []string{
		many("("), many("["), many("-"), many(`{"a":`), many("a["), many("1?"), many("function(){"), many("$f("), many("|a|"),
		"1" + many("+1"), "a" + many(".a"), "a" + many("[0]"), "a" + many(" ~> a"), "a" + many("{b:c}"),
	} {
		if _, err := jsonata.Compile(source); err == nil || err.Error() != tooDeep {
			t.Errorf("got error %v of %.20s…, expected %s", err, source, tooDeep)
		}
	}
}

func TestMaxStepsEndsEndlessLoops(t *testing.T) {
	const endless = "Expression evaluation timeout: Check for infinite loop"
	for name, source := range map[string]string{
		"recursion":            `($f := function() { $f() }; $f())`,
		"filters":              `($x := [1..800]; $f := function() { ($x[$ = 7]; $f()) }; $f())`,
		"sums":                 `($x := [1..800]; $f := function() { ($sum($x); $f()) }; $f())`,
		"sums of long arrays":  `($x := [1..100000]; $f := function() { ($sum($x); $f()) }; $f())`,
		"long texts":           `($x := $pad("", 200000); $f := function() { ($length($x); $f()) }; $f())`,
		"recursion with $each": `($f := function($v) { ($each({"a": 1}, function($v) { $v }); $f($v)) }; $f(1))`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := evaluate(t, source, &jsonata.Environment{MaxSteps: 200_000}); got != endless {
				t.Errorf("got %.200s\nexpected %s", got, endless)
			}
		})
	}
	if got := evaluate(t, `$sum([1..20000].($ + 1))`, &jsonata.Environment{MaxSteps: 200_000}); got != "200030000" {
		t.Errorf("got %s, expected a sum within the limit", got)
	}
	// A predicate that is the same for all elements is evaluated once.
	if got := evaluate(t, `$sum([1..20000][[0..6, -1]])`, &jsonata.Environment{MaxSteps: 20_000}); got != "20028" {
		t.Errorf("got %s, expected 20028, as a predicate of eight indexes takes few steps", got)
	}
}
