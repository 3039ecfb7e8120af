package shape_test

import (
	"testing"

	"github.com/mapjob/mapjob/test/docs/shape"
)

func TestOf(t *testing.T) {
	for command, expected := range map[string]string{
		"mapjob list --stack Shop                     # executions":                     "mapjob list --stack",
		"go tool mapjob rerun monday --job=N --batch 1":                                 "mapjob rerun --batch --job",
		"! mapjob asl validate *.asl.json":                                              "mapjob asl validate",
		"code 2 mapjob run --input '{\"a\": \"# --no\"}' > x":                           "mapjob run --input",
		"mapjob graph > job.mmd":                                                        "mapjob graph",
		"npx cdk deploy -c architecture=NAME":                                           "cdk deploy -c",
		"exec aws --endpoint-url $SFN stepfunctions list-map-runs --execution-arn $ONE": "aws stepfunctions list-map-runs --endpoint-url --execution-arn",
		"A=b go test ./... -run 'x y' | head -3":                                        "go test -run",
		"# a comment":                                                                   "",
	} {
		got, ok := shape.Of(command)
		if got.String() != expected || ok != (expected != "") {
			t.Errorf("got %q for %q, expected %q", got, command, expected)
		}
	}
}

func TestCovers(t *testing.T) {
	of := func(command string) shape.Shape { s, _ := shape.Of(command); return s }
	test := of("! mapjob rerun monday --job Nightly --error NoPrice --dry-run")
	for command, covered := range map[string]bool{
		"mapjob rerun --job X": true, "mapjob rerun --dry-run --job X": true, "mapjob rerun --stack X": false, "mapjob list --job X": false,
	} {
		if got := test.Covers(of(command)); got != covered {
			t.Errorf("got %t for %s, expected %t", got, command, covered)
		}
	}
}
