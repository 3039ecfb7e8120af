package refusal_test

import (
	"errors"
	"math"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// refused returns the refusal of props, nil if they are accepted.
func refused(check func(*refusal.Problems)) (said any) {
	app := awscdk.NewApp(nil)
	var found refusal.Problems
	check(&found)
	defer func() {
		if said = recover(); said != nil {
			said = said.(error).Error()
		}
	}()
	found.Refuse(app, jsii.String("Job"))
	return nil
}

func TestProblems(t *testing.T) {
	app := awscdk.NewApp(nil)
	token := awscdk.NewCfnParameter(awscdk.NewStack(app, jsii.String("Stack"), nil), jsii.String("P"), &awscdk.CfnParameterProps{Type: jsii.String("Number")}).ValueAsNumber()
	type problems = refusal.Problems
	for name, c := range map[string]struct {
		check    func(*problems)
		expected any
	}{
		"nothing":            {func(p *problems) {}, nil},
		"no number":          {func(p *problems) { p.Whole("N", nil, 1, 9) }, nil},
		"on the bounds":      {func(p *problems) { p.Whole("N", jsii.Number(1), 1, 9); p.Whole("N", jsii.Number(9), 1, 9) }, nil},
		"below":              {func(p *problems) { p.Whole("N", jsii.Number(0), 1, 9) }, "/Job: N: got 0, expected a whole number from 1 to 9"},
		"above":              {func(p *problems) { p.Whole("N", jsii.Number(2e9), 1, 9) }, "/Job: N: got 2000000000, expected a whole number from 1 to 9"},
		"a half":             {func(p *problems) { p.Whole("N", jsii.Number(1.5), 1, 9) }, "/Job: N: got 1.5, expected a whole number from 1 to 9"},
		"half a per cent":    {func(p *problems) { p.Number("N", jsii.Number(0.5), 0, 100) }, nil},
		"more than all":      {func(p *problems) { p.Number("N", jsii.Number(100.5), 0, 100) }, "/Job: N: got 100.5, expected a number from 0 to 100"},
		"not a number":       {func(p *problems) { p.Number("N", jsii.Number(math.NaN()), 0, 100) }, "/Job: N: got NaN, expected a number from 0 to 100"},
		"without end":        {func(p *problems) { p.Whole("N", jsii.Number(math.Inf(1)), 1, 9) }, "/Job: N: got +Inf, expected a whole number from 1 to 9"},
		"a parameter":        {func(p *problems) { p.Whole("N", token, 1, 9); p.Number("N", token, 1, 9) }, nil},
		"a parameter, known": {func(p *problems) { p.Known("N", token) }, "/Job: N: got a token, expected a number that is known at synth"},
		"a known number":     {func(p *problems) { p.Known("N", jsii.Number(7)); p.Known("N", nil) }, nil},
		"a text":             {func(p *problems) { p.Text("D", jsii.String("éé"), 2); p.Text("D", nil, 2) }, nil},
		"a longer text":      {func(p *problems) { p.Text("D", jsii.String("ééé"), 2) }, "/Job: D: got 3 characters, expected at most 2"},
		"an unknown text":    {func(p *problems) { p.Text("D", awscdk.Aws_STACK_ID(), 2) }, nil},
		"no time":            {func(p *problems) { p.Duration("T", nil, 1, 9) }, nil},
		"whole seconds":      {func(p *problems) { p.Duration("T", awscdk.Duration_Millis(jsii.Number(3000)), 1, 9) }, nil},
		"part of a second":   {func(p *problems) { p.Duration("T", awscdk.Duration_Millis(jsii.Number(1500)), 1, 9) }, "/Job: T: got 1.5 s, expected whole seconds from 1 s to 9 s"},
		"longer than a week": {func(p *problems) { p.Duration("T", awscdk.Duration_Days(jsii.Number(8)), 60, 7*86400) }, "/Job: T: got 691200 s, expected whole seconds from 60 s to 7 days"},
		"some time":          {func(p *problems) { p.Duration("T", awscdk.Duration_Seconds(token), 1, 9) }, nil},
		"some time, unknown": {func(p *problems) { p.KnownDuration("T", awscdk.Duration_Seconds(token), 1, 9) }, "/Job: T: got a token, expected a duration that is known at synth"},
		"not JSON":           {func(p *problems) { p.JSON("Input", math.Inf(1)) }, "/Job: Input: got a value that is not JSON: json: unsupported value: +Inf"},
		"left out":           {func(p *problems) { refusal.Without(p, []string{"A"}, []string{"A", "B"}) }, nil},
		"left out, unknown":  {func(p *problems) { refusal.Without(p, []string{"C"}, []string{"A", "B"}) }, `/Job: Without: got "C", expected one of "A", "B"`},
		"retained":           {func(p *problems) { p.RemovalPolicy("R", awscdk.RemovalPolicy_RETAIN); p.RemovalPolicy("R", "") }, nil},
		"a snapshot":         {func(p *problems) { p.RemovalPolicy("R", awscdk.RemovalPolicy_SNAPSHOT) }, `/Job: R: got "SNAPSHOT", expected one of "DESTROY", "RETAIN", "RETAIN_ON_UPDATE_OR_DELETE"`},
		"retained, given":    {func(p *problems) { p.RemovalPolicyOf("Table", true, awscdk.RemovalPolicy_RETAIN) }, `/Job: RemovalPolicy: got "RETAIN" with a Table, which has its own; expected one of them`},
		"given alone":        {func(p *problems) { p.RemovalPolicyOf("Table", true, "") }, nil},
		"of a part":          {func(p *problems) { var q problems; q.Add("A: got 1"); q.Add("B: got 2"); p.AddAll("Part.", q.Err()) }, "/Job: Part.A: got 1\nPart.B: got 2"},
		"of a good part":     {func(p *problems) { var q problems; p.AddAll("Part.", q.Err()) }, nil},
		"one of a part":      {func(p *problems) { p.AddAll("Part.", errors.New("A: got 1")) }, "/Job: Part.A: got 1"},
		"all at once":        {func(p *problems) { p.Add("A: got %d", 1); p.Add("B: got %d", 2) }, "/Job: A: got 1\nB: got 2"},
	} {
		if got := refused(c.check); got != c.expected {
			t.Errorf("%s: got %v, expected %v", name, got, c.expected)
		}
	}
}

func TestKnownDurations(t *testing.T) {
	var p refusal.Problems
	second, hour := awscdk.Duration_Seconds(jsii.Number(1)), awscdk.Duration_Hours(jsii.Number(1))
	if p.Duration("T", nil, 1, 9) || !p.Duration("T", second, 1, 9) || p.Duration("T", hour, 1, 9) {
		t.Error("expected Duration to be true of one that is there and good, and of no other")
	}
	if !p.KnownDuration("T", nil, 1, 9) || !p.KnownDuration("T", second, 1, 9) || p.KnownDuration("T", hour, 1, 9) {
		t.Error("expected KnownDuration to be true of none, and of one that is good")
	}
	if got := p.JSON("Input", struct{ N int }{7}); got.(map[string]any)["N"] != 7.0 {
		t.Errorf("got %v, expected the value as JSON has it", got)
	}
	if got := p.JSON("Input", nil); len(got.(map[string]any)) != 0 {
		t.Errorf("got %v, expected an empty object", got)
	}
}
