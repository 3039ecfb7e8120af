package jsonata_test

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/jsonata"
	"github.com/mapjob/mapjob/internal/value"
)

// evaluate returns the result as JSON text, "undefined", or the text of the error.
func evaluate(t *testing.T, source string, env *jsonata.Environment) string {
	t.Helper()
	e, err := jsonata.Compile(source)
	if err != nil {
		return err.Error()
	}
	v, err := e.Eval(env)
	if err != nil {
		var failure *jsonata.Error
		if !errors.As(err, &failure) {
			t.Errorf("%s: got a %T, expected a *jsonata.Error: %v", source, err, err)
		}
		return err.Error()
	}
	return shown(v)
}

// The expected answers were recorded from the service.
func TestStepFunctionsFunctions(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{`$partition([1,2,3,4,5], 2)`, `[[1,2],[3,4],[5]]`},
		{`$partition([1,2,3,4], 2.9)`, `[[1,2],[3,4]]`},
		{`$partition([1,2,3], 9)`, `[[1,2,3]]`},
		{`$partition([0], 1)`, `[[0]]`},
		{`$partition([1,2,3])`, `[[1,2,3]]`},
		{`$partition([], 2)`, `undefined`},
		{`$partition(nothing, 2)`, `undefined`},
		{`$partition([1,2], 0)`, `undefined`},
		{`$partition([1,2], -0.5)`, `undefined`},
		{`$partition([1,2], -1)`, `D3137: Second argument must be zero or greater`},
		{`$partition(5, 2)`, `T0412: Argument 1 of function "partition" must be an array of undefined`},
		{`$partition([1,2], "2")`, `T0410: Argument 2 of function "partition" does not match function signature`},
		{`$partition([1,2], 1, 1)`, `T0410: Argument 3 of function "partition" does not match function signature`},

		{`$range(0, 6, 2)`, `[0,2,4,6]`},
		{`$range(0, 7, 2)`, `[0,2,4,6]`},
		{`$range(3, 1, -1)`, `[3,2,1]`},
		{`$range(-1.7, 2, 1)`, `[-1,0,1,2]`},
		{`$range(5, 5, 1)`, `5`},
		{`$range(1, 3, 0)`, `undefined`},
		{`$range(1, 3, -1)`, `undefined`},
		{`$range(1, 3)`, `undefined`},
		{`$range(1, nothing, 1)`, `T0410: Argument 2 of function "range" does not match function signature`},
		{`$range("1", 2, 1)`, `T0410: Argument 1 of function "range" does not match function signature`},
		{`$count($range(1, 200000, 1))`, `200000`},
		{`$range(1, 100000000, 1)`, `Expression evaluation memory limit exceeded: Check for excessive memory usage`},
		{`$range(0, 9e18, 9e18)`, `[0,9000000000000000000]`},

		{`$hash("input", "SHA-1")`, `"140f86aae51ab9e1cda9b4254fe98a74eb54c1a1"`},
		{`$hash("", "MD5")`, `"d41d8cd98f00b204e9800998ecf8427e"`},
		{`$hash("é", "SHA-256")`, `"4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"`},
		{`$length($hash("a", "SHA-384"))`, `96`},
		{`$length($hash("a", "SHA-512"))`, `128`},
		{`$hash("a", "sha-1")`, `D3137: Hash algorithm 'sha-1' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5`},
		{`$hash("a")`, `undefined`},
		{`$hash(5, "MD5")`, `T0410: Argument 1 of function "hash" does not match function signature`},
		{`$hash(nothing, "MD5")`, `T0410: Argument 1 of function "hash" does not match function signature`},

		{`$random(42)`, `0.7275636800328681`},
		{`$random(42.9) = $random(42)`, `true`},
		{`$random(-1) != $random(1)`, `true`},
		{`$random("x")`, `T0410: Argument 1 of function "random" does not match function signature`},
		{`$random(1, 2)`, `T0410: Argument 2 of function "random" does not match function signature`},
		{`$random() < 1 and $random() >= 0`, `true`},
		{`$uuid(1)`, `T0410: Argument 1 of function "uuid" does not match function signature`},

		{`$parse('{"b":1,"a":[null]}')`, `{"b":1,"a":[null]}`},
		{`$parse('{"a":1}').a`, `1`},
		{`$parse(' 5 ')`, `5`},
		{`$parse('12345678901234567890')`, `12345678901234567890`},
		{`$exists($parse('null'))`, `true`},
		{`$parse(nothing)`, `undefined`},
		{`$parse('')`, `D3137: Invalid JSON`},
		{`$parse('{} {}')`, `D3137: Invalid JSON`},
		{`$parse('{"a":1,"a":2}')`, `D3137: Invalid JSON`},
		{`$parse('1e400')`, `D3137: Invalid JSON`},
		{`$parse('-1e400')`, `D3137: Invalid JSON`},
		{`$parse('{"a":[1,1e309]}')`, `D3137: Invalid JSON`},
		{`$parse('1e308')`, `1e+308`},
		{`$parse('1e-400')`, `0`},
		{`$parse(5)`, `T0410: Argument 1 of function "parse" does not match function signature`},
		{`$map(['1','[2]'], $parse)`, `[1,[2]]`},

		{`$eval("1+1")`, `T1006: Attempted to invoke a non-function`},
		{`1/0`, `"Infinity"`},
		{`[-1/0]`, `["-Infinity"]`},
		{`{"k": 1e308 * 10}`, `{"k":"Infinity"}`},
		{`$parseInteger("x", "0")`, `"NaN"`},
		{`$formatNumber(1, "x")`, `D3086: The sub-picture must not contain a passive character that is preceded by an active character and that is followed by another active character`},
		{`$count([1..873782])`, `873782`},
		{`$count([1..873783])`, `Expression evaluation memory limit exceeded: Check for excessive memory usage`},
	} {
		if got := evaluate(t, c.source, &jsonata.Environment{Input: nil}); got != c.want {
			t.Errorf("%s\ngot      %s\nexpected %s", c.source, got, c.want)
		}
	}
}

func TestRandomnessComesFromTheEnvironment(t *testing.T) {
	run := func(seed uint64) string {
		return evaluate(t, `[$uuid(), $random(), $shuffle([1..20])]`, &jsonata.Environment{Random: rand.New(rand.NewPCG(seed, 1))})
	}
	if a, b := run(1), run(1); a != b {
		t.Errorf("got %s and then %s, expected equal results from the same seed", a, b)
	}
	if a, b := run(1), run(2); a == b {
		t.Errorf("got %s from two seeds, expected different results", a)
	}
	uuid := evaluate(t, `$uuid()`, &jsonata.Environment{})
	if !regexp.MustCompile(`^"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"$`).MatchString(uuid) {
		t.Errorf("got %s, expected a UUID of version 4", uuid)
	}
}

func TestTimeStandsStillDuringAnEvaluation(t *testing.T) {
	env := &jsonata.Environment{Now: time.Date(2026, 11, 24, 5, 30, 1, 250e6, time.FixedZone("", 3600))}
	want := `["2026-11-24T04:30:01.250Z",1795494601250,"24th November 2026, 04:30am GMT"]`
	if got := evaluate(t, `[$now(), $millis(), $now("[D1o] [MNn] [Y], [h01]:[m01][P] GMT")]`, env); got != want {
		t.Errorf("got %s, expected %s", got, want)
	}
	if got := evaluate(t, `$now() = $now() and $millis() = $toMillis($now())`, env); got != "true" {
		t.Errorf("got %s, expected true", got)
	}
}

// Only arithmetic converts a number that a float64 cannot represent.
func TestBigNumbersPassThrough(t *testing.T) {
	input, err := value.Parse([]byte(`{"id":12345678901234567890,"price":0.10000000000000000001}`))
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		`id`:                   `12345678901234567890`,
		`{"x": [id]}`:          `{"x":[12345678901234567890]}`,
		`"n" & id`:             `"n12345678901234567890"`,
		`$string(id)`:          `"12345678901234567890"`,
		`id - id`:              `0`,
		`id > 5`:               `true`,
		`$type(id)`:            `"number"`,
		`$number(id)`:          `12345678901234567890`,
		`price & ""`:           `"0.1"`,
		`$sum([1, price])`:     `1.1`,
		`$ ~> |$|{"y": 1}|`:    `{"id":12345678901234567890,"price":0.10000000000000000001,"y":1}`,
		`$map([id], $string)`:  `"12345678901234567890"`,
		`$max([id, 1]) > 1e19`: `true`,
	} {
		if got := evaluate(t, source, &jsonata.Environment{Input: input}); got != want {
			t.Errorf("%s: got %s, expected %s", source, got, want)
		}
	}
}

// A function in a result becomes an empty string, however it got there.
func TestFunctionsInResultsAreEmptyStrings(t *testing.T) {
	for source, want := range map[string]string{
		`[$.function(){1}]`:                 `["",""]`,
		`[$.$sum]`:                          `["",""]`,
		`[$.(true ? $sum : 1)]`:             `["",""]`,
		`[$./a/]`:                           `["",""]`,
		`[$.(|$|{}|)]`:                      `["",""]`,
		`[$.$substring(?, 1)]`:              `["",""]`,
		`[$.($sum ~> $max)]`:                `["",""]`,
		`[($.$sum)[0]]`:                     `[""]`,
		`[($sum)[[0,0]]]`:                   `["",""]`,
		`[$.$sum#$i]`:                       `["",""]`,
		`[$@$i.$sum]`:                       `["",""]`,
		`$.$sum^($type($))`:                 `["",""]`,
		`$.$sum{"a": $}`:                    `{"a":["",""]}`,
		`$.$sum#$i{"a": $}`:                 `{"a":["",""]}`,
		`$append($.$sum, 1)`:                `["","",1]`,
		`$partition($.$sum, 1)`:             `[[""],[""]]`,
		`$spread($.$sum)`:                   `["",""]`,
		`$map($, function($x) { $x.$sum })`: `["",""]`,
	} {
		if got := evaluate(t, source, &jsonata.Environment{Input: []any{1.0, 2.0}}); got != want {
			t.Errorf("%s: got %s, expected %s", source, got, want)
		}
	}
}
