package jsonata_test

import (
	"testing"

	"github.com/mapjob/mapjob/internal/jsonata"
)

// TestDifferencesFromJsonata holds examples of the differences that the package
// comment lists.
func TestDifferencesFromJsonata(t *testing.T) {
	input := parse(t, []byte(`{"o":[{"k":1,"p":[{"s":"a"},{"s":"b"}]},{"k":2,"p":[{"s":"c"}]}],"c":[{"t":1},{"t":2}],"big":999999999999999868928}`))
	for _, c := range []struct{ source, want string }{
		// Whole numbers keep their digits.
		{`$string(999999999999999868928)`, `"999999999999999900000"`},
		{`$string(-999999999999999868928)`, `"-999999999999999900000"`},
		{`$string(123456789012345678)`, `"123456789012345680"`},
		{`$string(1234567890123456)`, `"1234567890123456"`},
		{`$string(big)`, `"999999999999999868928"`},
		{`$string({"a": [123456789012345678]})`, `"{\"a\":[123456789012345680]}"`},
		{`123456789012345678 & ""`, `"123456789012345680"`},
		{`$clone([123456789012345678])`, `[123456789012345680]`},
		{`$string(1e21)`, `"1e+21"`},
		{`$string(1234567890123456e10)`, `"1.23456789012346e+25"`},
		{`$string(123456789012.3456)`, `"123456789012.346"`},
		// Values do not show the parents that they carry.
		{`((o.p)[%.k=2])[0].s`, `"c"`},
		// A function passes as an argument of a partial application.
		{`$map(?, $uppercase)(["a","b"])`, `["A","B"]`},
		{`$string(?)(5)`, `"5"`},
		{`($f := function($g) { $g(?, 2) }; $f($power)(3))`, `9`},
		// A function has no members to update an object with.
		{`$spread({} ~> |$|$sum|)`, `T2011: The insert/update clause of the transform expression must evaluate to an object: undefined`},
		// Weeks of the years 0 to 99.
		{`$fromMillis(-62135596800000, "[W]", "-0530")`, `"52"`},
		// $power is exact.
		{`$power(10, 2.5)`, `316.22776601683796`},
		{`$power(1e-7, -2)`, `100000000000000.02`},
		// Each member of a grouping sees its items.
		{`o.p#$i{"a": s, "b": s}`, `{"a":["a","b","c"],"b":["a","b","c"]}`},
		{`c#$i[0]{"a": t, "b": t}`, `{"a":1,"b":1}`},
		{`c#$i^(>t)[t=1].t`, `1`},
		{`([1, {"a": 1}].**; $string(function($x){$x}))`, `""`},
		{`(function($x){$x}).*`, `undefined`},
		{`missing ~> /./`, `undefined`},
		// A partially applied built-in function refuses what its signature does.
		{`$sum(?)(5)`, `T0410: Argument 1 of function "(" does not match function signature`},
	} {
		if got := evaluate(t, c.source, &jsonata.Environment{Input: input}); got != c.want {
			t.Errorf("%s: got %s, expected %s", c.source, got, c.want)
		}
	}
}
