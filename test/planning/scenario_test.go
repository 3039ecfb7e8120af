package planning

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mapjob/mapjob/internal/plan"
)

// definitions are those of the constructs' snapshots, and the sample's.
var definitions = []string{
	"minimal", "by-reference", "everything", "inline", "inline-minimal", "inline-with-reruns", "callback", "processor",
	"chunks-of-a-source", "functions-with-settings", "given-buckets", "object-list", "one-at-a-time", "invoicing",
}

// file returns the file of a definition.
func file(name string) string {
	if name == "invoicing" {
		return "../testdata/invoicing-definition_1.snap.json"
	}
	return "../../constructs/mapjob/testdata/" + name + "-definition_1.snap.json"
}

// scenario is a definition and a workload that a seed has drawn.
type scenario struct {
	seed       uint64
	definition *definition
	workload   plan.Workload
	chunk      int
}

func (s *scenario) String() string {
	w := &s.workload
	return fmt.Sprintf("seed %d, %s: %d items of %d B, %.0f%% crash", s.seed, s.definition.name, w.Items, w.ItemBytes, w.Crashed*100)
}

// draw returns the scenario of a seed: a definition of the constructs with other
// numbers, or for every third seed a generated one.
func draw(t testing.TB, seed uint64) *scenario {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 18))
	s := &scenario{seed: seed, chunk: 1 + random.IntN(500)}
	s.workload = plan.Workload{
		Items: 1 + random.IntN(3000), ItemBytes: 2 + random.IntN(1500), ResultBytes: random.IntN(20),
		Time: plan.Exactly(time.Millisecond), Failed: 0.1 * random.Float64(), Seed: seed, Seeded: true,
	}
	if random.IntN(20) == 0 {
		s.workload.Items, s.workload.ItemBytes = 20_000, 2+random.IntN(100)
	}
	if random.IntN(3) > 0 {
		s.workload.Crashed = 0.3 * random.Float64()
	}
	if seed%3 == 2 {
		s.definition = generate(t, seed)
	} else {
		name := definitions[int(seed/3*2+seed%3)%len(definitions)]
		s.definition = read(t, file(name), func(text string) string { return s.rewrite(random, text) })
	}
	if s.definition.name == "object-list" {
		s.workload.ItemBytes = len(listed)
	}
	if !strings.Contains(s.definition.text, `"DISTRIBUTED"`) {
		// All items are in the data of the execution, and in its history.
		s.workload.Items, s.workload.ItemBytes = random.IntN(300), 2+random.IntN(50)
	}
	return s
}

// rewrite gives a definition other numbers.
func (s *scenario) rewrite(random *rand.Rand, text string) string {
	number := func(field string, n int) {
		text = regexp.MustCompile(`("`+field+`": )(\d+|"\{% \$min\(\[\d+)`).ReplaceAllStringFunc(text, func(found string) string {
			return regexp.MustCompile(`\d+$`).ReplaceAllString(found, strconv.Itoa(n))
		})
	}
	number("MaxItemsPerBatch", 1+random.IntN(400))
	number("MaxInputBytesPerBatch", 2000+random.IntN(200_000))
	number("MaxConcurrency", 1+random.IntN(200))
	number("chunkSize", s.chunk)
	// Other retries of all errors, and children of the other type.
	text = regexp.MustCompile(`(?s)(\[\s*"States.ALL"\s*\],\s*"IntervalSeconds": \d+,\s*"JitterStrategy": "FULL",\s*"MaxAttempts": )\d+`).
		ReplaceAllString(text, "${1}"+strconv.Itoa(random.IntN(5)))
	if express := random.IntN(2) == 0; express && !strings.Contains(text, ".waitForTaskToken") {
		text = strings.ReplaceAll(text, `"ExecutionType": "STANDARD"`, `"ExecutionType": "EXPRESS"`)
	}
	// What a passed tolerance aborts depends on timing: tolerate all.
	text = regexp.MustCompile(`"ToleratedFailure(Percentage|Count)": [\d.]+,?`).ReplaceAllString(text, "")
	if strings.Contains(text, `"DISTRIBUTED"`) {
		text = strings.Replace(text, `"ItemProcessor": {`, `"ToleratedFailurePercentage": 100, "ItemProcessor": {`, 1)
	}
	// Nor do failed items fail the job.
	text = regexp.MustCompile(`"\{% \$account\.failed [^"]*%\}"`).ReplaceAllString(text, `"{% false %}"`)
	return text
}
