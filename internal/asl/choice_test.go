package asl_test

import (
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

func TestComparisons(t *testing.T) {
	t.Parallel()
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
		{`"Variable":"$.a","IsTimestamp":true`, `{"a":"2026-03-14T01:59:00.123456789Z"}`, true},
		{`"Variable":"$.a","IsTimestamp":true`, `{"a":"2026-03-14T01:59:00.1234567890Z"}`, false},
		{`"Variable":"$.a","IsTimestamp":true`, `{"a":"2026-03-14T01:59:00,5Z"}`, false},
		{`"Variable":"$.a","TimestampEquals":"2026-03-14T01:59:00Z"`, `{"a":"2026-03-14T01:59:00,0Z"}`, false},
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
		holds, err := machine.Start.Choice.Rules[0].Matches(&expression.Scope{Input: input})
		if err != nil || holds != c.holds {
			t.Errorf("%s on %s: got %v %v, expected %v", c.rule, c.input, holds, err, c.holds)
		}
	}
}
