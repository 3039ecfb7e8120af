package asl_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/asl"
)

func TestParseReportsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	_, err := asl.Parse([]byte(`{"StartAt": "A", "QueryLanguage": "JSONata",
	"States": {
		"A": {"Type": "Pass", "Parameters": {}, "Next": "B"},
		"C": {"Type": "Map", "End": true,
			"ItemBatcher": {"MaxItemsPerBatch": 0},
			"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "D", "States": {"D": {"Type": "Succeed"}}}}
	}}`))
	var problems asl.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, expected problems", err)
	}
	lines := map[string]int{"$.States.A.Parameters": 3, "$.States.A.Next": 3, "$.States.C.ItemBatcher.MaxItemsPerBatch": 5}
	for _, p := range problems {
		if line, ok := lines[p.Path]; ok {
			if p.Line != line {
				t.Errorf("got line %d for %s, expected %d", p.Line, p.Path, line)
			}
			delete(lines, p.Path)
		}
	}
	if len(lines) > 0 {
		t.Errorf("got %v, expected problems at %v as well", err, lines)
	}
}

func TestWithoutSizeLimitsAcceptsLongNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100)
	definition := []byte(`{"StartAt":"` + long + `","States":{"` + long + `":{"Type":"Pass","End":true,"Assign":{"` + long + `":1}}}}`)
	if _, err := asl.Parse(definition); err == nil {
		t.Error("got no error for long names, expected one")
	}
	if _, err := asl.Parse(definition, asl.WithoutSizeLimits()); err != nil {
		t.Errorf("got %v, expected no error without size limits", err)
	}
}

func TestServiceTextsThatRealExecutionsShow(t *testing.T) {
	t.Parallel()
	for state, expected := range map[string]string{
		`{"Type":"Wait","Timestamp":"tomorrow","End":true}`:                                       "String does not match RFC3339 timestamp at /States/S/Timestamp",
		`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Credentials":{},"End":true}`: "The field 'RoleArn' is required but was missing at /States/S/Credentials",
	} {
		_, err := asl.Parse([]byte(`{"StartAt":"S","States":{"S":` + state + `}}`))
		var problems asl.Problems
		if !errors.As(err, &problems) || !strings.Contains(problems.ServiceText(), expected) {
			t.Errorf("%s: got %q, expected %s", state, problems.ServiceText(), expected)
		}
	}
}

func TestServiceTextCallsEveryTransitionNext(t *testing.T) {
	t.Parallel()
	_, err := asl.Parse([]byte(`{"StartAt": "A", "States": {"A": {"Type": "Choice", "Default": "Y",
		"Choices": [{"Variable": "$.a", "IsPresent": true, "Next": "X"}]}, "B": {"Type": "Succeed"}}}`))
	var problems asl.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, expected problems", err)
	}
	const expected = "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: Y at /States/A/Default, " +
		"MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/A/Choices[0]/Next'"
	if got := problems.ServiceText(); got != expected {
		t.Errorf("got %s, expected %s", got, expected)
	}
}
