package plan

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/mapjob/mapjob/internal/protocol"
)

func TestTheTableHasWhatAWorkloadCosts(t *testing.T) {
	text, err := run(t, strings.Fields("--items 10000000 --item-bytes 200 --item-ms 100")...)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`10,000,000 items of 200 B and 100 ms, 256 MB arm64, us-east-1, at most 1,000 functions at once \(prices of 2026-08-31\)`,
		`\*  by reference +Standard +8,100 +\$0\.10 +\$3\.33 +\$3\.43 +2\dm \d+s  job start's 15 minutes, at 69,146,905 items`,
		`   by value +Standard +1,085 +\$0\.4\d +\$3\.33 +\$3\.8\d +.*`,
		`   by value +Standard +1 +\$50\d\.\d\d +\$3\.37 +\$51\d\.\d\d +27h \d+m  not possible: execution's timeout of 1 day, at 8,6\d\d,\d{3} items`,
		`   inline .* not possible: most that an Inline job takes, at 471 items`,
		`   durable functions .*`,
		`    Mode: &mapjob.ByReference\{ChunkSize: jsii.Number\(8100\), MaxConcurrency: jsii.Number\(620\)\},`,
		`    MemoryMB: jsii.Number\(256\),`,
		`    Timeout:  awscdk.Duration_Seconds\(jsii.Number\(900\)\),`,
		`It costs \$3\.43: orchestration is 2\.9% of the compute\.`,
		` +\$0\.06  state transitions +2,478 transitions`,
		` +27m 0s  MaxConcurrency  binds`,
	} {
		if !regexp.MustCompile(`(?m)^` + line + `$`).MatchString(text) {
			t.Errorf("got no line %s", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// The props have all that the workload needs, and nothing that it does not.
func TestThePropsAreThoseThatTheWorkloadNeeds(t *testing.T) {
	large := []string{"// gofunction.Props of the job start\n", "// gofunction.Props of the summary\n"}
	tolerant := "ToleratedFailurePercentage: jsii.Number(31),"
	for flags, c := range map[string]struct{ has, hasNot []string }{
		"--items 10000000 --item-ms 100":                  {large, []string{"Tolerated"}},
		"--items 1000 --item-ms 100 --failure-rate 0.305": {[]string{tolerant}, large},
	} {
		text, err := run(t, strings.Fields(flags)...)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range c.has {
			if !strings.Contains(text, line) {
				t.Errorf("%s: got no %q in\n%s", flags, line, text)
			}
		}
		for _, line := range c.hasNot {
			if strings.Contains(text, line) {
				t.Errorf("%s: got %q in\n%s", flags, line, text)
			}
		}
	}
}

func TestWhatIsAssumedIsSaid(t *testing.T) {
	for flags, note := range map[string]string{
		"--items 9000 --item-ms 20":                                                            "- an item has 200 bytes: --item-bytes says how many",
		"--items 9000 --item-ms 20 --region eu-west-1":                                         "- X-Ray traces: not priced in eu-west-1, and not in the total",
		"--items 9000 --item-ms 20 --quota states.transitions=10":                              "- states.transitions is from --quota",
		"--items 9000 --item-ms 20 --verbose":                                                  "log-bytes-per-invocation",
		"--items 9000 --item-ms 20 --runs-per-month 30":                                        "With 30 executions a month: $",
		"--items 2000000 --item-ms 20 --item-bytes 20 --within 55s --account-concurrency 3000": "- an Express child may run twice: the worker has to be idempotent",
	} {
		if text, err := run(t, strings.Fields(flags)...); err != nil || !strings.Contains(text, note) {
			t.Errorf("%s: got the error %v, expected %q in\n%s", flags, err, note, text)
		}
	}
}

func TestFlagsThatAreRefused(t *testing.T) {
	for flags, expected := range map[string]string{
		"":                                            "--items: got none, expected how many items an execution has",
		"--items 5":                                   "--item-ms: got none, expected the milliseconds that an item takes",
		"--items=-5 --item-ms 1":                      "--items: got -5, expected 1 to 100,000,000 items",
		"--items 100000001 --item-ms 1":               "--items: got 100,000,001, expected 1 to 100,000,000 items",
		"--items 5 --item-ms 0.001":                   `--item-ms: got "0.001", expected milliseconds, at least 0.01`,
		"--items 5 --item-ms fast":                    `--item-ms: got "fast", expected milliseconds`,
		"--items 5 --item-ms NaN":                     `--item-ms: got "NaN", expected milliseconds`,
		"--items 5 --item-ms 128=5,64=7":              `--item-ms: got "64=7", expected a memory of 128 to 10,240 MB`,
		"--items 5 --item-ms 128=5,128=7":             "expected each memory once",
		"--items 5 --item-ms 5,7":                     `--item-ms: got "5", expected the time with a memory, such as 256=100`,
		"--items 5 --item-ms 5 --failure-rate 5":      "--failure-rate: got 5, expected 0 to 1, such as 0.05",
		"--items 5 --item-ms 5 --crash-rate=-1":       "--crash-rate: got -1, expected 0 to 1",
		"--items 5 --item-ms 5 --memory 64":           "--memory: got 64 MB, expected 128 to 10,240",
		"--items 5 --item-ms 5 --architecture riscv":  `--architecture: got "riscv", expected arm64 or x86_64`,
		"--items 5 --item-ms 5 --region eu-north-1":   `region "eu-north-1": got no sourced prices, expected one of`,
		"--items 5 --item-ms 5 --account old":         `--account: account "old": got an unknown kind`,
		"--items 5 --item-ms 5 --quota transitions=5": `--quota: quota "transitions": got an unknown name`,
		"--items 5 --item-ms 5 --prices nowhere.json": "--prices: prices nowhere.json: open nowhere.json",
		"--items 5 --item-ms 5 --within=-5s":          "--within: got -5s, expected a time such as 30m",
		"--items 5 --item-ms 5 --page no/plan.html":   "--page: open no/plan.html",
		"--items 5000000 --item-ms 500 --within 1s":   "no option can do the workload in the time of --within: got ",
	} {
		if _, err := run(t, strings.Fields(flags)...); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: got %v, expected %s", flags, err, expected)
		}
	}
}

// A new account may run ten functions at once, so that a plan for it takes longer.
func TestQuotasOfTheAccountCount(t *testing.T) {
	for flags, expected := range map[string]string{
		"":                          "at most 1,000 functions at once",
		"--account new":             "at most 10 functions at once",
		"--account-concurrency 300": "at most 300 functions at once",
	} {
		if text, err := run(t, strings.Fields("--items 100000 --item-ms 100 "+flags)...); err != nil || !strings.Contains(text, expected) {
			t.Errorf("%s: got %v and %s, expected %s", flags, err, text, expected)
		}
	}
}

func TestTheCheapestMemoryIsRecommended(t *testing.T) {
	text, err := run(t, strings.Fields("--items 1000000 --item-ms 128=220,256=100,512=60")...)
	if err != nil || !strings.Contains(text, "MemoryMB: jsii.Number(256)") || !strings.Contains(text, "  256 MB  ") {
		t.Errorf("got %v and\n%s, expected 256 MB: 25.6 GB-seconds a thousand items, less than 28.2 and 30.7", err, text)
	}
}

func TestThePageHasTheOptionsOfTheTable(t *testing.T) {
	if _, err := run(t, strings.Fields("--items 1000000 --item-ms 100 --page plan.html")...); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("plan.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, expected := range []string{"<title>1,000,000 items of 200 B and 100 ms</title>", "tracked queue", "by reference, Standard", "one item, Express", "recommended", "timeout of 1 day", "jsii.Number("} {
		if !strings.Contains(string(text), expected) {
			t.Errorf("got no %q in the page", expected)
		}
	}
	if folder, err := filepath.Glob("*"); err != nil || len(folder) != 1 {
		t.Errorf("got the files %v, expected the page alone", folder)
	}
}

func TestAPlanTakesLessThanASecond(t *testing.T) {
	began := time.Now()
	if _, err := run(t, strings.Fields("--items 10000000 --item-ms 128=220,256=100,512=60,1024=40 --page plan.html")...); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("got %v with four memories and the page, expected less than a second", took)
	}
}

func TestNumbersForPeople(t *testing.T) {
	for got, expected := range map[string]string{
		dollars(0): "$0", dollars(0.000049): "<$0.0001", dollars(0.00038): "$0.00038", dollars(0.0099): "$0.0099", dollars(0.00996): "$0.01",
		dollars(3.434): "$3.43", dollars(1234567.891): "$1,234,567.89",
		lasting(0.35): "0.35s", lasting(9.94): "9.9s", lasting(59.4): "59s", lasting(59.6): "1m 0s", lasting(1826): "30m 26s", lasting(100_000): "27h 46m", lasting(1_000_000): "11d 13h",
		milliseconds(100 * time.Millisecond): "100 ms", milliseconds(10 * time.Microsecond): "0.01 ms", milliseconds(time.Hour): "1h 0m",
		amount(1, "trace"): "1 trace", amount(2478, "transition"): "2,478 transitions", amount(0.000743, "GB"): "0.000743 GB", amount(12.5, "GB-second"): "12.5 GB-seconds",
		percentage(1, 50): "2.0% of", percentage(510, 3.4): "150 times", percentage(1, 0): "more than", percentage(2, 4): "50% of",
	} {
		if got != expected {
			t.Errorf("got %s, expected %s", got, expected)
		}
	}
	if got := amount(30.4, ""); got != "30.4" {
		t.Errorf("got %s, expected 30.4", got)
	}
}

const distributed = `{"StartAt": "Ready", "QueryLanguage": "JSONata", "States": {
  "Ready": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.large %}", "Next": "Log"}], "Default": "Orders"},
  "Log": {"Type": "Pass", "Next": "Orders"},
  "Orders": {"Type": "Map", "End": true, "MaxConcurrency": 50, "ItemBatcher": {"MaxItemsPerBatch": 25},
    "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Arguments": {"Bucket": "orders", "Key": "a.jsonl"}, "ReaderConfig": {"InputType": "JSONL"}},
    "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Handle", "States": {
      "Handle": {"Type": "Task", "End": true, "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "handler", "Payload": "{% $states.input %}"}}}}}}}`

// A definition that mapjob did not make: two states, or three as --choose says, and a
// start and a worker for each of 400 batches.
func TestADefinitionAloneIsPlanned(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("orders.asl.json", []byte(distributed), 0o600); err != nil {
		t.Fatal(err)
	}
	for flags, transitions := range map[string]string{"": "802", "--choose Ready=Log": "803"} {
		text, err := runHere(t, append(strings.Fields("--definition orders.asl.json --items 10000 --item-ms 20 --json "), strings.Fields(flags)...)...)
		if err != nil || !regexp.MustCompile(`"current": \{\s+"items": "by-value",\s+"children": "standard",\s+"batch": 25,[^}]*"childExecutions": 400,\s+"transitions": `+transitions+`,[^}]*"maxConcurrency": 50,`).MatchString(text) {
			t.Errorf("%s: got %v, expected a job with 400 children and %s transitions", flags, err, transitions)
		}
	}
	text, err := runHere(t, strings.Fields("--definition orders.asl.json --items 10000 --item-ms 20 --simulate --seed 7")...)
	if err != nil {
		t.Fatal(err)
	}
	for _, expected := range []string{"orders.asl.json: 10,000 items of 200 B", "This job: by value, Standard children, batches of 25, 50 at once: $", "Simulated with seed 7: ", "within 5% of the plan",
		"does not say the memory of the worker: 256 MB", "which states follow Ready was decided by the structure of the definition"} {
		if !strings.Contains(text, expected) {
			t.Errorf("got no %q in\n%s", expected, text)
		}
	}
	_, err = runHere(t, strings.Fields("--definition nowhere.json --items 5 --item-ms 5")...)
	if err == nil || !strings.Contains(err.Error(), "nowhere.json") {
		t.Errorf("got %v, expected that the file is not there", err)
	}
}

// Flags come before what the job expects.
func TestAJobIsPlannedForWhatItExpects(t *testing.T) {
	for flags, expected := range map[string]string{
		"":                          "Job: 7,000 items of 90 B and 12.5 ms, ",
		"--items 80 --item-bytes 7": "Job: 80 items of 7 B and 12.5 ms, ",
		"--item-ms 3":               "Job: 7,000 items of 90 B and 3 ms, ",
	} {
		var c Command
		parser, err := kong.New(&c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(strings.Fields(flags)); err != nil {
			t.Fatal(err)
		}
		j := alone()
		j.name, j.expected = "Job", &protocol.Expected{Items: 7000, ItemBytes: 90, ItemMs: 12.5}
		r := &result{job: j}
		if err := c.apply(r); err != nil {
			t.Fatal(err)
		}
		if r.book, err = c.read(r.job.region); err != nil {
			t.Fatal(err)
		}
		if got := r.title(); !strings.HasPrefix(got, expected) {
			t.Errorf("%s: got %s, expected %s", flags, got, expected)
		}
	}
}
