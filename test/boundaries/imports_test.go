package boundaries

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outside says what a room may import of other modules, directly or through
// its imports.
type outside int

const (
	standard  outside = iota // the standard library only
	libraries                // any module, without the AWS SDK and the CDK
	sdk                      // any module, without the CDK, which takes a minute to compile
	cdk                      // any module
)

func (o outside) String() string {
	return [...]string{"the standard library", "other modules", "the AWS SDK", "the CDK"}[o]
}

// room is a package or, as folder/..., packages that may import each other.
type room struct {
	packages string
	imports  []string // of this module: packages or folder/..., all of them on lower floors
	outside  outside
}

// floors are the rooms of the module, lowest floor first. A room imports only
// the rooms that it lists, and only from lower floors.
var floors = [][]room{
	{
		{"internal/agenda", nil, standard},
		{"internal/awscall", nil, standard},
		{"internal/objectstore/keypath", nil, standard},
		{"internal/sfnapi/blocklist", nil, standard},
		{"internal/objectstore/chunked", nil, standard},
		{"internal/objectstore/incoming", nil, libraries},
		{"internal/loopback/...", nil, standard},
		{"internal/look", nil, standard},
		{"internal/number", nil, standard},
		{"internal/pages", nil, standard},
		{"internal/panics", nil, sdk},
		{"internal/plain", nil, standard},
		{"internal/price/...", nil, standard},
		{"internal/process", nil, standard},
		{"internal/reads", nil, standard},
		{"internal/regular", nil, standard},
		{"internal/silence", nil, standard},
		{"internal/memory/secrets", nil, standard},
		{"internal/standin", nil, standard},
		{"internal/goroutine", nil, standard},
		{"internal/spread", nil, libraries},
		{"internal/statesarn", nil, standard},
		{"internal/typed", nil, libraries},
		{"internal/unsupported", nil, standard},
		{"internal/uuid", nil, standard},
	},
	{ // Each of these knows one subject.
		{"internal/filelock", []string{"internal/regular"}, libraries},
		{"internal/pace", []string{"internal/number"}, standard},
		{"internal/plan/page", []string{"internal/look", "internal/number"}, standard},
		{"internal/lambdahost/...", []string{"internal/loopback", "internal/process", "internal/uuid"}, standard},
		{"internal/sqs", []string{"internal/agenda", "internal/loopback", "internal/uuid"}, standard},
		{"internal/awserror", []string{"internal/silence", "internal/statesarn", "internal/typed"}, sdk},
		{"internal/engine/loop", []string{"internal/agenda"}, standard},
		{"internal/gobuild", []string{"internal/reads"}, standard},
		{"internal/inputs", []string{"internal/reads"}, standard},
		{"internal/jsonl", nil, standard},
		{"internal/nodejs", nil, standard},
		{"internal/diskcache", nil, standard},
		{"internal/protocol", nil, standard},
		{"internal/schedule", []string{"internal/number"}, standard},
		{"internal/s3object/...", []string{"internal/pages", "internal/standin"}, sdk},
		{"internal/value", nil, libraries},
		{"job/report", []string{"internal/look", "internal/number", "internal/plain"}, standard},
	},
	{
		{"internal/dynamodb/...", []string{"internal/loopback", "internal/nodejs", "internal/process"}, libraries},
		{"internal/engine/event", []string{"internal/value"}, libraries},
		{"internal/engine/mapresults", []string{"internal/value"}, libraries},
		{"internal/items", []string{"internal/number", "internal/value"}, libraries},
		{"internal/intrinsic", []string{"internal/number", "internal/uuid", "internal/value"}, libraries},
		{"internal/invocation", []string{"internal/lambdahost", "internal/sqs", "internal/uuid"}, sdk},
		{"internal/jsonata/...", []string{"internal/uuid", "internal/value"}, libraries},
		{"internal/jsonpath", []string{"internal/value"}, libraries},
		{"internal/functionlog", []string{"internal/awserror", "internal/jsonl", "internal/pages", "internal/protocol", "internal/regular"}, sdk},
		{"internal/plan", []string{"internal/number", "internal/price"}, standard},
		{"internal/results", []string{"internal/jsonl", "internal/protocol"}, libraries},
		{"internal/results/resultstest", []string{"internal/protocol"}, libraries},
		{"internal/runtimes", []string{"internal/nodejs"}, standard},
		{"internal/stub", []string{"internal/protocol"}, standard},
		{"internal/yaml", []string{"internal/value"}, libraries},
		{"internal/tally", []string{"job/report"}, standard},
		{"internal/synthesis", []string{"internal/diskcache", "internal/inputs", "internal/nodejs", "internal/process", "internal/protocol", "internal/reads"}, standard},
		{"internal/template", []string{"internal/protocol"}, standard},
		{"constructs/internal/...", []string{"internal/number", "internal/protocol", "internal/schedule"}, cdk},
	},
	{
		{"internal/plan/option", []string{"internal/number", "internal/plan", "internal/price", "internal/protocol"}, standard},
		{"internal/plan/simulate", []string{"internal/number", "internal/plan", "internal/price"}, standard},
		{"internal/template/templatetest", []string{"internal/template"}, standard},
		{"internal/definition", []string{"internal/template", "internal/yaml"}, libraries},
		{"internal/eventsource", []string{"internal/invocation", "internal/lambdahost", "internal/sqs", "internal/template"}, sdk},
		{"internal/fault", []string{"internal/protocol", "internal/value", "internal/yaml"}, libraries},
		{"internal/memory/lambda", []string{"internal/lambdahost"}, libraries},
		{"internal/functions", []string{"internal/gobuild", "internal/lambdahost", "internal/protocol", "internal/runtimes", "internal/stub", "internal/template"}, standard},
		{"internal/memory/dynamodb/...", []string{"internal/dynamodb", "internal/value"}, libraries},
		{"internal/objects", []string{"internal/items"}, libraries},
		{"internal/tables", []string{"internal/diskcache", "internal/dynamodb", "internal/inputs", "internal/items", "internal/nodejs", "internal/reads"}, libraries},
		{"internal/expression", []string{"internal/intrinsic", "internal/jsonata", "internal/jsonpath", "internal/value"}, libraries},
		{"job/...", []string{"internal/goroutine", "internal/jsonl", "internal/number", "internal/protocol", "internal/results", "internal/s3object", "internal/standin", "internal/statesarn", "internal/tally"}, sdk},
		{"constructs/eventhandler", []string{"constructs/internal/..."}, cdk},
		{"constructs/gofunction", []string{"constructs/internal/...", "internal/gobuild", "internal/protocol"}, cdk},
		{"constructs/joblock", []string{"constructs/internal/...", "internal/protocol"}, cdk},
		{"constructs/observe", []string{"constructs/internal/...", "internal/protocol"}, cdk},
		{"constructs/queuefanout", []string{"constructs/internal/..."}, cdk},
		{"constructs/trigger/functions/...", []string{"internal/protocol", "internal/statesarn"}, sdk},
	},
	{
		{"internal/runnable", []string{"internal/template"}, standard},
		{"internal/objects/objectstest", []string{"internal/objects"}, libraries},
		{"internal/asl/...", []string{"internal/expression", "internal/unsupported", "internal/value"}, libraries},
		{"internal/memory/s3/...", []string{"internal/objects", "internal/objectstore/chunked"}, sdk},
		{"internal/objectstore", []string{"internal/loopback", "internal/objectstore/chunked", "internal/objectstore/incoming", "internal/objectstore/keypath", "internal/objects"}, libraries},
		{"constructs/mapjob", []string{"constructs/gofunction", "constructs/internal/...", "constructs/joblock",
			"constructs/observe", "internal/number", "internal/plan", "internal/plan/option", "internal/price", "internal/protocol"}, cdk},
		{"constructs/trigger", []string{"constructs/gofunction", "constructs/internal/...", "internal/protocol"}, cdk},
		{"internal/chunker", []string{"internal/items", "internal/pages", "internal/protocol", "internal/s3object", "job"}, sdk},
		{"lambdas/...", []string{"job/..."}, sdk},
	},
	{
		{"internal/plan/walk", []string{"internal/asl", "internal/asl/services", "internal/expression", "internal/plan", "internal/protocol", "internal/value"}, libraries},
		{"internal/graph/...", []string{"internal/asl", "internal/asl/services", "internal/expression", "internal/number", "internal/plain", "internal/value"}, libraries},
		{"internal/engine", []string{"internal/asl", "internal/asl/services", "internal/engine/event", "internal/engine/loop", "internal/engine/mapresults",
			"internal/expression", "internal/items", "internal/objects", "internal/statesarn", "internal/unsupported", "internal/value"}, libraries},
		{"constructs/mapjob/functions/...", []string{"internal/chunker", "job"}, sdk},
		{"stacks", []string{"constructs/..."}, cdk},
	},
	{
		{"internal/engine/enginetest", []string{"internal/engine"}, libraries},
		{"internal/fault/tasks", []string{"internal/asl/services", "internal/awscall", "internal/engine", "internal/fault", "internal/value"}, libraries},
		{"internal/fault/redriven", []string{"internal/engine", "internal/objects", "internal/value"}, libraries},
		{"internal/mocks", []string{"internal/asl", "internal/engine", "internal/value"}, libraries},
		{"internal/memory/topics", []string{"internal/engine", "internal/value"}, libraries},
		{"internal/integration", []string{"internal/asl", "internal/asl/services", "internal/awscall", "internal/dynamodb", "internal/engine", "internal/lambdahost", "internal/sqs", "internal/standin", "internal/unsupported", "internal/uuid", "internal/value"}, sdk},
		{"internal/jobstart", []string{"internal/asl", "internal/engine", "internal/expression", "internal/objects", "internal/protocol", "internal/value"}, libraries},
		{"internal/operate/...", []string{"internal/asl", "internal/awserror", "internal/functionlog", "internal/graph", "internal/jsonl", "internal/number", "internal/pace", "internal/pages", "internal/protocol", "internal/results", "internal/s3object", "internal/statesarn", "internal/typed", "job/report"}, sdk},
		{"internal/console/page", nil, standard},
		{"internal/archive", []string{"internal/engine", "internal/engine/event", "internal/filelock", "internal/protocol", "internal/regular", "internal/statesarn", "internal/value"}, libraries},
		{".", []string{"constructs/mapjob", "stacks"}, cdk},
	},
	{
		{"internal/console/feed", []string{"internal/operate"}, sdk},
		{"sfntest/internal/history", []string{"internal/engine", "internal/engine/event", "internal/fault", "internal/panics", "internal/statesarn", "internal/value"}, sdk},
		{"sfntest/internal/handlers", []string{"internal/engine", "internal/panics", "internal/value"}, sdk},
		{"sfntest/internal/replay", []string{"internal/fault"}, libraries},
		{"sfntest/internal/table", nil, standard},
		{"internal/plan/stack", []string{"internal/asl", "internal/definition", "internal/plan", "internal/plan/walk", "internal/protocol", "internal/runnable", "internal/schedule", "internal/template"}, libraries},
		{"internal/plan/measured", []string{"internal/archive", "internal/engine", "internal/engine/event", "internal/jsonl", "internal/plan", "internal/protocol", "internal/regular", "internal/statesarn", "internal/value"}, libraries},
		{"internal/sfnapi", []string{"internal/archive", "internal/asl", "internal/engine", "internal/loopback", "internal/sfnapi/blocklist", "internal/statesarn", "internal/uuid", "internal/value"}, libraries},
	},
	{
		{"internal/console", []string{"internal/console/...", "internal/functionlog", "internal/graph", "internal/jsonl", "internal/look", "internal/loopback", "internal/operate", "internal/operate/failed", "internal/operate/outcome", "internal/operate/waiting", "internal/protocol", "internal/statesarn", "job/report"}, sdk},
		{"internal/memory/sfn", []string{"internal/archive", "internal/engine", "internal/engine/event", "internal/sfnapi", "internal/statesarn", "internal/value"}, libraries},
	},
	{
		{"internal/simulation/...", []string{"internal/archive", "internal/asl", "internal/asl/fields", "internal/asl/services", "internal/awscall", "internal/definition", "internal/engine", "internal/engine/event", "internal/eventsource", "internal/fault", "internal/fault/redriven", "internal/fault/tasks", "internal/goroutine", "internal/integration", "internal/invocation", "internal/lambdahost", "internal/memory/dynamodb", "internal/memory/lambda", "internal/memory/s3", "internal/memory/secrets", "internal/memory/sfn", "internal/memory/topics", "internal/objects", "internal/panics", "internal/s3object", "internal/sqs", "internal/standin", "internal/template", "internal/value", "internal/yaml"}, sdk},
	},
	{
		{"internal/injection", []string{"internal/asl/services", "internal/awscall", "internal/definition", "internal/engine", "internal/engine/event", "internal/fault", "internal/fault/redriven", "internal/fault/tasks", "internal/lambdahost", "internal/loopback", "internal/objects", "internal/protocol", "internal/statesarn", "internal/value"}, libraries},
	},
	{ // It wires the rooms below.
		{"sfntest/internal/jobfunctions", []string{"internal/chunker", "internal/simulation/deployment", "job"}, sdk},
		{"internal/stack", []string{"internal/archive", "internal/asl", "internal/asl/services", "internal/definition", "internal/dynamodb", "internal/engine", "internal/engine/event", "internal/eventsource", "internal/fault", "internal/functionlog", "internal/functions", "internal/injection", "internal/integration", "internal/invocation", "internal/jobstart",
			"internal/lambdahost", "internal/loopback", "internal/objects", "internal/objectstore", "internal/protocol", "internal/runnable", "internal/sfnapi", "internal/sqs", "internal/statesarn", "internal/tables", "internal/template", "internal/uuid"}, sdk},
	},
	{
		{"sfntest", []string{"internal/engine", "internal/engine/event", "internal/fault", "internal/panics", "internal/simulation", "internal/simulation/deployment", "internal/value", "sfntest/internal/..."}, sdk},
		{"internal/cli/...", []string{"internal/archive", "internal/asl", "internal/awserror", "internal/console", "internal/definition", "internal/engine", "internal/engine/event", "internal/fault", "internal/filelock", "internal/functionlog", "internal/functions", "internal/gobuild", "internal/graph", "internal/injection", "internal/inputs", "internal/invocation", "internal/items", "internal/jsonl", "internal/mocks", "internal/number", "internal/objectstore/keypath", "internal/operate", "internal/operate/failed", "internal/operate/s3store", "internal/operate/statemachine", "internal/operate/waiting", "internal/pace", "internal/pages", "internal/plain", "internal/plan/...", "internal/price", "internal/protocol",
			"internal/reads", "internal/regular", "internal/results", "internal/runnable", "internal/sfnapi", "internal/silence", "internal/spread", "internal/stack", "internal/statesarn", "internal/synthesis", "internal/tally", "internal/template", "internal/typed", "internal/value", "internal/yaml", "job/report"}, sdk},
	},
	{
		{"sfntest/jobcheck", []string{"internal/protocol", "job/report", "sfntest"}, sdk},
		{"cmd/mapjob", []string{"internal/cli"}, sdk},
	},
	{
		{"test/...", []string{"..."}, cdk},
	},
}

func TestPackagesImportOnlyWhatTheirRoomsMay(t *testing.T) {
	for _, problem := range problems(floors, list(t, "-deps", "./...")) {
		t.Error(problem)
	}
}

// matches reports whether a package matches a pattern: a package or folder/....
func matches(pattern, path string) bool {
	folder, ok := strings.CutSuffix(pattern, "...")
	return path == strings.TrimSuffix(folder, "/") || ok && strings.HasPrefix(path, folder)
}

// problems returns what is wrong with the rooms and with the packages in them.
func problems(floors [][]room, packages map[string]*pkg) []string {
	var found []string
	report := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	roomOf := func(path string) (*room, int) {
		for floor := range floors {
			for i := range floors[floor] {
				if matches(floors[floor][i].packages, path) {
					return &floors[floor][i], floor
				}
			}
		}
		return nil, -1
	}
	used := map[*room]bool{}
	reached := map[*pkg]outside{}
	for _, p := range packages {
		path, ours := p.path()
		if !ours {
			continue
		}
		room, floor := roomOf(path)
		if room == nil {
			report("%s has no room: add it to floors", path)
			continue
		}
		used[room] = true
		for _, name := range p.Imports {
			imported, ours := packages[name].path()
			if !ours || matches(room.packages, imported) {
				continue
			}
			if _, at := roomOf(imported); at >= floor {
				report("%s imports %s, which is not on a lower floor", path, imported)
			}
			if !slices.ContainsFunc(room.imports, func(pattern string) bool { return matches(pattern, imported) }) {
				report("%s imports %s, which its room may not", path, imported)
			}
		}
		if got := reach(p, packages, reached); got > room.outside {
			report("%s depends on %s, and its room may only on %s", path, got, room.outside)
		}
	}
	for floor := range floors {
		for i := range floors[floor] {
			if room := &floors[floor][i]; !used[room] {
				report("the room %s has no package: remove it from floors", room.packages)
			}
		}
	}
	slices.Sort(found)
	return found
}

// reach returns what a package imports of other modules, directly or not.
func reach(p *pkg, packages map[string]*pkg, known map[*pkg]outside) outside {
	if p == nil || p.Standard {
		return standard
	}
	if got, ok := known[p]; ok {
		return got
	}
	got := standard
	switch path := p.ImportPath; {
	case strings.HasPrefix(path, "github.com/aws/aws-cdk-go/"), strings.HasPrefix(path, "github.com/aws/constructs-go/"), strings.HasPrefix(path, "github.com/aws/jsii-runtime-go"):
		got = cdk
	case strings.HasPrefix(path, "github.com/aws/"):
		got = sdk
	case path != module && !strings.HasPrefix(path, module+"/"):
		got = libraries
	}
	for _, name := range p.Imports {
		got = max(got, reach(packages[name], packages, known))
	}
	known[p] = got
	return got
}

func TestWrongImportsAreFound(t *testing.T) {
	packages := map[string]*pkg{"io": {ImportPath: "io", Standard: true}, "C": nil}
	add := func(path string, imports ...string) {
		packages[path] = &pkg{ImportPath: path, Imports: imports}
	}
	add("github.com/aws/aws-sdk-go-v2/aws", "io")
	add("github.com/aws/jsii-runtime-go")
	add("example.com/library", "github.com/aws/aws-sdk-go-v2/aws")
	add(module, "io", "C", module+"/up")
	add(module+"/low", "example.com/library")
	add(module+"/low/part", module+"/low")
	add(module+"/next", module+"/low/part")
	add(module+"/up", module+"/next", module+"/low", "github.com/aws/jsii-runtime-go")
	add(module + "/homeless")
	got := problems([][]room{
		{{"low/...", nil, libraries}, {".", []string{"up"}, cdk}},
		{{"next", nil, sdk}},
		{{"up", []string{"next", "low/..."}, sdk}, {"empty", nil, cdk}},
	}, packages)
	expected := []string{
		". imports up, which is not on a lower floor",
		"homeless has no room: add it to floors",
		"low depends on the AWS SDK, and its room may only on other modules",
		"low/part depends on the AWS SDK, and its room may only on other modules",
		"next imports low/part, which its room may not",
		"the room empty has no package: remove it from floors",
		"up depends on the CDK, and its room may only on the AWS SDK",
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("problems (-expected +got):\n%s", diff)
	}
}
