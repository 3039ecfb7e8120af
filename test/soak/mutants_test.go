package soak

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/test/soak/mutants"
)

// mutantSeeds is within how many seeds the soak has to find each mutant.
const mutantSeeds = 1000

// found is how the soak has found a mutant.
type found struct {
	mutant mutants.Mutant
	seed   string
	needed string // faults, as JSON
}

// Each mutant runs in a process of its own: this test's binary, or for a mutant of the
// kit another one.
func TestTheSoakFindsEachMutant(t *testing.T) {
	var all []found
	for _, m := range mutants.All() {
		if m.OfKit() != *ofKit {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			binary, err := os.Executable()
			if err == nil && m.OfKit() {
				binary, err = build(t, &m)
			}
			if err != nil {
				t.Fatal(err)
			}
			f, output := find(t, binary, &m)
			if f == nil {
				t.Fatalf("%s: in %d seeds, %q was never violated:\n%s", m.What, mutantSeeds, m.Invariant, output)
			}
			t.Logf("%s: seed %s, faults %s", m.What, f.seed, f.needed)
			all = append(all, *f)
		})
	}
	if os.Getenv("UPDATE_DOCS") == "true" {
		writeTable(t, all)
	}
}

// build compiles the soak with a mutant of the kit.
func build(t *testing.T, m *mutants.Mutant) (binary string, err error) {
	t.Helper()
	folder := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		return "", err
	}
	overlay, err := m.Overlay(root, folder)
	if err != nil {
		return "", err
	}
	binary = filepath.Join(folder, "soak.test")
	output, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w:\n%s", err, output)
	}
	return binary, nil
}

var (
	runLine       = regexp.MustCompile(`^=== RUN .*/seed=(\d+)$`)
	violationLine = regexp.MustCompile(`^\s+explore\.go:\d+: (.*)`)
	neededLine    = regexp.MustCompile(`^\s+(?:without faults|of \d+ faults?, (?:.* needed: (\[.*\])|none is needed: .*))$`)
)

// find runs the soak with a mutant until the mutant's invariant does not hold. It
// returns nil, and what the soak has printed, if it always does.
func find(t *testing.T, binary string, m *mutants.Mutant) (*found, string) {
	t.Helper()
	arguments := []string{"-test.run=^TestSoak$", "-test.v", "-soak.form=" + m.Form, "-soak.policy=" + m.Policy, fmt.Sprint("-sfntest.seeds=", mutantSeeds)}
	if !m.OfKit() {
		arguments = append(arguments, "-soak.mutant="+m.Name)
	}
	soak := exec.CommandContext(t.Context(), binary, arguments...)
	soak.Env = append(os.Environ(), "GOMAXPROCS=1") // one seed after the other
	output, err := soak.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := soak.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = soak.Process.Kill() // it may have ended
		_ = soak.Wait()         // its tests fail
	}()
	return search(output, m)
}

// search reads what the soak prints.
func search(output io.Reader, m *mutants.Mutant) (*found, string) {
	var printed bytes.Buffer
	f := &found{mutant: *m}
	violated := false
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "=== "):
			if run := runLine.FindStringSubmatch(line); run != nil {
				f.seed, violated = run[1], false
			}
			continue
		case violationLine.MatchString(line):
			violated = strings.HasPrefix(violationLine.FindStringSubmatch(line)[1], m.Invariant+": ")
		case violated:
			if needed := neededLine.FindStringSubmatch(line); needed != nil {
				f.needed = needed[1]
				return f, ""
			}
		}
		if !strings.Contains(line, "--- PASS") {
			fmt.Fprintln(&printed, line)
		}
	}
	return nil, printed.String()
}

// tableStart begins the table of mutants in docs/tested.md, which ends before the
// next empty line. Those that a run does not find are left as they are.
const tableStart = "| mutant | the job | what does not hold | first seed | faults that are needed |\n| --- | --- | --- | --- | --- |\n"

func writeTable(t *testing.T, all []found) {
	t.Helper()
	const path = "../../docs/tested.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, after, ok := strings.Cut(string(text), tableStart)
	if !ok {
		t.Fatalf("docs/tested.md: got no table of mutants, expected one that begins with\n%s", tableStart)
	}
	rows := map[string]string{}
	for strings.HasPrefix(after, "| ") {
		row, rest, _ := strings.Cut(after, "\n")
		rows[strings.TrimSpace(strings.Split(row, "|")[1])], after = row, rest
	}
	for _, f := range all {
		needed := "none"
		if f.needed != "" {
			needed = "`" + f.needed + "`"
		}
		rows[f.mutant.Name] = fmt.Sprintf("| %s | %s | %s | %s | %s |", f.mutant.Name, f.mutant.What, f.mutant.Invariant, f.seed, needed)
	}
	var table strings.Builder
	table.WriteString(before + tableStart)
	for _, m := range mutants.All() {
		if row := rows[m.Name]; row != "" {
			table.WriteString(row + "\n")
		}
	}
	if err := os.WriteFile(path, []byte(table.String()+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
