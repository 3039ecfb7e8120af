package planning

import (
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/option"
	"github.com/mapjob/mapjob/internal/plan/walk"
	"github.com/mapjob/mapjob/internal/price"
)

// TestADistributedMapCostsWhatAWSPrints plans the workflow that AWS's workshop
// "Large-scale Data Processing with Step Functions" prices: 50 million objects in
// batches, by children with two steps. For Express children it has a rounded price of
// 100 ms, so two of its figures, $11.33 and $9.12, are a cent above the price list's.
func TestADistributedMapCostsWhatAWSPrints(t *testing.T) {
	book, err := price.Read("us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	const worker = "arn:aws:lambda:us-east-1:123456789012:function:Worker"
	shape := func(kind string) (plan.Shape, plan.Setup) {
		machine, err := asl.Parse([]byte(`{"QueryLanguage": "JSONata", "StartAt": "Map", "States": {"Map": {"Type": "Map", "End": true,
			"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "` + kind + `"}, "StartAt": "Work", "States": {
				"Work": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "` + worker + `", "Payload": "{% $states.input %}"}, "Next": "Done"},
				"Done": {"Type": "Pass", "End": true}}},
			"ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Arguments": {"Bucket": "in"}},
			"ItemBatcher": {"MaxItemsPerBatch": 1000}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		shape, setup, err := walk.Shape(machine, walk.Facts{StateMachine: "StateMachine", Execution: "run", Roles: map[string]plan.Role{worker: plan.Worker}})
		if err != nil {
			t.Fatal(err)
		}
		setup.Memory = map[plan.Role]int{plan.Worker: 128}
		setup.Architecture = "arm64"
		return shape, setup
	}
	for _, c := range []struct {
		batch, ms         int
		standard, express int64 // cents
	}{
		{100, 28_000, 37_50, 27_59},
		{200, 32_000, 18_75, 14_84},
		{400, 62_000, 9_38, 11_32},
		{500, 74_000, 7_50, 10_31},
		{600, 90_000, 6_25, 9_98},
		{800, 120_000, 4_69, 9_44},
		{1000, 150_000, 3_75, 9_11},
	} {
		// A child's time is rounded up to 100 ms: what the worker needs for itself is in it.
		w := plan.Workload{Items: 50_000_000, ItemBytes: 50, Time: plan.Exactly(time.Duration(c.ms-50) * time.Millisecond / time.Duration(c.batch))}
		for kind, want := range map[string]int64{"STANDARD": c.standard, "EXPRESS": c.express} {
			shape, setup := shape(kind)
			setup.Batch = c.batch
			o, err := option.Evaluate(w, setup, shape, book)
			if err != nil {
				t.Fatal(err)
			}
			var got price.Amount
			for _, l := range o.Lines {
				switch l.Key {
				case price.Transition, price.ExpressRequest, price.ExpressGBSecond:
					got = got.Plus(l.USD)
				}
			}
			if got.Cents() != want {
				t.Errorf("%s children with batches of %d: got %d cents, expected %d: %d children, %v transitions, %v GB-seconds", kind, c.batch, got.Cents(), want,
					o.Counts.Children, o.Counts.Transitions, o.Counts.ExpressGBSeconds.Float())
			}
		}
	}
}
