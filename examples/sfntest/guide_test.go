package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mapjob/mapjob/examples/sfntest/refund"
	"github.com/mapjob/mapjob/sfntest"
)

const guide = "../../docs/testing.md"

// block is code in the guide.
type block struct {
	language string
	output   string // name of what prints it, if it is an output
	text     string
}

var blocks = regexp.MustCompile("(?s)(?:<!-- output: ([a-z ]+) -->\n)?```([a-z]*)\n(.*?)```")

func blocksOf(t *testing.T) []block {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	var list []block
	for _, m := range blocks.FindAllStringSubmatch(string(text), -1) {
		list = append(list, block{language: m[2], output: m[1], text: m[3]})
	}
	return list
}

// carelessVariable lets TestCarelessPayer fail.
const carelessVariable = "CARELESS"

// TestCarelessPayer fails if carelessVariable is set: its output is in the guide.
func TestCarelessPayer(t *testing.T) {
	if os.Getenv(carelessVariable) != "" {
		testCarelessPayer(t)
	}
}

// history returns the history of a refund that is approved.
func history(t *testing.T) (text string) {
	stack := sfntest.Parse(t, template())
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, stack, sfntest.HandleFunc("Checker", refund.Check), sfntest.HandleFunc("Payer", paid),
			sfntest.Inject(sfntest.Fault{Fault: "crash", When: "after", Function: "Payer"}))
		x := w.Start("Refund", refund.Request{Order: "o-1", Customer: "c-1", Amount: 700})
		w.Advance(24 * time.Hour)
		x.Waits()[0].Succeed(map[string]bool{"approved": true})
		x.RunToEnd()
		text = x.History().String()
	})
	return text
}

// failure returns what the sweep of a careless payer prints of the first seed that fails.
func failure(t *testing.T) string {
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCarelessPayer$")
	command.Env = append(os.Environ(), carelessVariable+"=yes", "GOMAXPROCS=1")
	out, err := command.CombinedOutput()
	if err == nil {
		t.Fatalf("got no failure, expected one:\n%s", out)
	}
	lines := strings.Split(string(out), "\n")
	begin := -1
	for i, line := range lines {
		if begin < 0 && strings.Contains(line, "--- FAIL: TestCarelessPayer/") {
			begin = i
		} else if begin >= 0 && (strings.HasPrefix(strings.TrimSpace(line), "--- ")) {
			lines = lines[begin:i]
			break
		}
	}
	text := regexp.MustCompile(`\([0-9.]+s\)`).ReplaceAllString(strings.Join(lines, "\n"), "(0.00s)")
	text = regexp.MustCompile(`explore\.go:\d+: `).ReplaceAllString(text, "    ")
	return regexp.MustCompile(`(?m)^ {4,8}`).ReplaceAllString(text, "") + "\n"
}

// The outputs in the guide are what the tests print. With UPDATE_DOCS they are written.
func TestOutputsOfTheGuide(t *testing.T) {
	outputs := map[string]string{"history": history(t), "failure": failure(t)}
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, b := range blocksOf(t) {
		if b.output == "" {
			continue
		}
		found++
		expected := outputs[b.output]
		if b.text == expected {
			continue
		}
		if os.Getenv("UPDATE_DOCS") != "true" {
			t.Errorf("%s, %s: got\n%s\nexpected\n%s\nUPDATE_DOCS=true writes it", guide, b.output, b.text, expected)
		}
		opening := "<!-- output: " + b.output + " -->\n```" + b.language + "\n"
		text = []byte(strings.Replace(string(text), opening+b.text, opening+expected, 1))
	}
	if found != len(outputs) {
		t.Errorf("got %d outputs in the guide, expected %d", found, len(outputs))
	}
	if os.Getenv("UPDATE_DOCS") == "true" {
		if err := os.WriteFile(guide, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
