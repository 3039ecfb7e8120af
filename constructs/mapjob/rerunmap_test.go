package mapjob_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/mapjob"
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/test/synthesis"
)

// processorOf returns a Processor of two Maps in a row, with names and labels. An
// empty label is none.
func processorOf(names, labels [2]string) func(constructs.Construct) awsstepfunctions.IChainable {
	return func(scope constructs.Construct) awsstepfunctions.IChainable {
		many := func(i int) awsstepfunctions.DistributedMap {
			props := &awsstepfunctions.DistributedMapJsonataProps{
				Items: awsstepfunctions.ProvideItems_Jsonata(jsii.String("{% [$states.input] %}"))}
			if labels[i] != "" {
				props.Label = &labels[i]
			}
			state := awsstepfunctions.DistributedMap_Jsonata(scope, &names[i], props)
			state.ItemProcessor(awsstepfunctions.Pass_Jsonata(scope, jsii.String(fmt.Sprint("Pass", i)), nil), nil)
			return state
		}
		return many(0).Next(many(1))
	}
}

// The Map of reruns gives states and labels longer names than they have. They stay
// within the limits of Step Functions, and stay different.
func TestMapOfRerunsHasShortNames(t *testing.T) {
	long := func(most int, ending string) string { return strings.Repeat("x", most-len(ending)) + ending }
	for name, c := range map[string]struct{ names, labels [2]string }{
		"as long as may be":                   {[2]string{long(80, "a"), long(80, "b")}, [2]string{long(40, "a"), long(40, "b")}},
		"just short enough with the prefix":   {[2]string{long(75, "a"), long(75, "b")}, [2]string{long(35, "a"), long(35, "b")}},
		"too long by one with the prefix":     {[2]string{long(76, "a"), long(76, "b")}, [2]string{long(36, "a"), long(36, "b")}},
		"too long with two prefixes":          {[2]string{long(74, "a"), "Rerun" + long(70, "a")}, [2]string{long(34, "a"), long(34, "b")}},
		"of characters with more bytes":       {[2]string{strings.Repeat("é", 80), strings.Repeat("é", 79)}, [2]string{strings.Repeat("é", 40), strings.Repeat("é", 39)}},
		"labels that differ in the prefix":    {[2]string{"A", "B"}, [2]string{"X", "RerunX"}},
		"names and labels that begin with it": {[2]string{"RerunA", "A"}, [2]string{"RerunRerunX", "X"}},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Source: &mapjob.InputList{}, Processor: processorOf(c.names, c.labels)})
			template := synthesis.Synthesize(t, stack)
			machine := template.Only(t, machineType)
			if _, err := asl.Parse([]byte(template.DefinitionText(t, machine))); err != nil {
				t.Errorf("got %v, expected a definition that Step Functions takes", err)
			}
			names, labels := map[string]int{}, map[string]int{}
			countNames(template.Definition(t, machine), names, labels)
			if len(names) < 20 || len(labels) != 6 {
				t.Fatalf("got %d names and the labels %v, expected two Maps with two in each", len(names), labels)
			}
			for what, c := range map[string]struct {
				names map[string]int
				most  int
			}{"state": {names, 80}, "label": {labels, 40}} {
				for name, times := range c.names {
					if times > 1 || utf8.RuneCountInString(name) > c.most {
						t.Errorf("got the %s %q with %d characters %d times, expected up to %d once", what, name, utf8.RuneCountInString(name), times, c.most)
					}
				}
			}
		})
	}
}

// countNames counts the names and labels of states in a definition.
func countNames(in any, names, labels map[string]int) {
	switch in := in.(type) {
	case map[string]any:
		for member, value := range in {
			if states, ok := value.(map[string]any); ok && member == "States" {
				for name := range states {
					names[name]++
				}
			}
			if label, ok := value.(string); ok && member == "Label" {
				labels[label]++
			}
			countNames(value, names, labels)
		}
	case []any:
		for _, element := range in {
			countNames(element, names, labels)
		}
	}
}

// Labels are unique in a definition, and names have a limit.
func TestNamesInAProcessorAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		names, labels [2]string
		expected      string
	}{
		"a label twice":           {[2]string{"A", "B"}, [2]string{"X", "X"}, `Processor: got the label "X" of state "B", which state "A" has too, expected another one`},
		"the label of the Map":    {[2]string{"A", "B"}, [2]string{"X", "Map"}, `Processor: got the label "Map" of state "B", which the job's own Map has too, expected another one`},
		"the label of its reruns": {[2]string{"A", "B"}, [2]string{"X", "RerunMap"}, `Processor: got the label "RerunMap" of state "B", which the job's own Map has too, expected another one`},
		"a long label":            {[2]string{"A", "B"}, [2]string{"X", strings.Repeat("é", 41)}, `Processor: got a label of 41 characters of state "B", expected at most 40`},
		"a long name":             {[2]string{"A", strings.Repeat("é", 81)}, [2]string{"X", "Y"}, `expected at most 80`},
	} {
		t.Run(name, func(t *testing.T) {
			stack := synthesis.Stack(t)
			message := synthesis.Panics(t, func() {
				mapjob.New(stack, jsii.String("Job"), &mapjob.Props{Processor: processorOf(c.names, c.labels)})
				synthesis.Synthesize(t, stack)
			})
			if !strings.Contains(message, c.expected) {
				t.Errorf("got %q, expected it to contain %q", message, c.expected)
			}
		})
	}
}
