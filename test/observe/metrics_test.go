package observe

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/observe"
	"github.com/mapjob/mapjob/test/synthesis"
)

// The alarm computes the failure rate from metrics by their names. A summary has to
// write these names, and their values have to give the rate.
func TestFailureRateIsThatOfASummary(t *testing.T) {
	written := metricsOfSummary(t)
	directive := written.AWS.CloudWatchMetrics[0]

	stack := synthesis.Stack(t)
	observe.New(stack, jsii.String("Observe"), &observe.Props{Job: newWatched(stack), FailureRate: jsii.Number(1)})
	var looked map[string]float64
	for _, alarm := range synthesis.Synthesize(t, stack).OfType("AWS::CloudWatch::Alarm") {
		text, err := json.Marshal(alarm.Properties["Metrics"])
		if err != nil {
			t.Fatal(err)
		}
		var metrics []struct {
			ID, Expression string
			MetricStat     struct {
				Metric struct {
					Namespace, MetricName string
					Dimensions            []struct {
						Name  string
						Value any
					}
				}
			}
		}
		if err := json.Unmarshal(text, &metrics); err != nil {
			t.Fatal(err)
		}
		if len(metrics) == 0 || metrics[0].Expression != "100 * failed / items" {
			continue
		}
		looked = map[string]float64{}
		for _, m := range metrics[1:] {
			metric := m.MetricStat.Metric
			if metric.Namespace != directive.Namespace {
				t.Errorf("got the namespace %s, expected the summary's, %s", metric.Namespace, directive.Namespace)
			}
			var names []string
			for _, d := range metric.Dimensions {
				names = append(names, d.Name)
				if d.Name == "StateMachine" {
					if text, _ := json.Marshal(d.Value); !strings.HasPrefix(string(text), `{"Fn::GetAtt":["Nightly`) || !strings.HasSuffix(string(text), `,"Name"]}`) {
						t.Errorf("got %s as the dimension StateMachine, expected the name from the job's state machine", text)
					}
				} else if d.Value != written.values[d.Name] {
					t.Errorf("got %v as the dimension %s, expected the summary's, %v", d.Value, d.Name, written.values[d.Name])
				}
			}
			if !slices.Equal(names, directive.Dimensions[0]) {
				t.Errorf("got the dimensions %v, expected the summary's, %v", names, directive.Dimensions[0])
			}
			value, ok := written.values[metric.MetricName].(float64)
			if !ok {
				t.Errorf("got the metric %s, expected one that the summary writes: %v", metric.MetricName, written.values)
			}
			looked[m.ID] = value
		}
	}
	if looked == nil {
		t.Fatal("got no alarm of the failure rate, expected one")
	}
	if rate := 100 * looked["failed"] / looked["items"]; rate != 40 { // the expression, which the construct's own test pins
		t.Errorf("got a failure rate of %g%% from %v, expected 40%%: two of five items", rate, looked)
	}
}

// watched is the job Invoicing, with a state machine that does nothing.
type watched struct{ machine awsstepfunctions.StateMachine }

func newWatched(stack awscdk.Stack) watched {
	work := awsstepfunctions.Pass_Jsonata(stack, jsii.String("Work"), nil)
	return watched{awsstepfunctions.NewStateMachine(stack, jsii.String("Nightly"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(work),
	})}
}

func (watched) Name() *string                                 { return jsii.String("Invoicing") }
func (w watched) StateMachine() awsstepfunctions.StateMachine { return w.machine }

// embedded is a line of the embedded metric format.
type embedded struct {
	AWS struct {
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
		}
	} `json:"_aws"`
	values map[string]any
}

func metricsOfSummary(t *testing.T) (written embedded) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("go", "run", "./test/observe/summary")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	for line := range bytes.Lines(out) {
		if bytes.Contains(line, []byte(`"_aws"`)) {
			if err := json.Unmarshal(line, &written); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(line, &written.values); err != nil {
				t.Fatal(err)
			}
			return written
		}
	}
	t.Fatalf("got %s, expected a line with metrics", out)
	return written
}
