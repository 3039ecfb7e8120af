package boundaries

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheArchitectureListsEveryInternalRoom(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, p := range list(t, "./...") {
		path, ours := p.path()
		if ours && isInternal("/"+path) && !strings.HasPrefix(path, "test/") {
			paths = append(paths, path)
		}
	}
	for _, problem := range roomProblems(string(text), paths) {
		t.Error(problem)
	}
}

var quoted = regexp.MustCompile("`([^`]+)`")

// roomProblems returns what is wrong with the table of rooms. A room is a package
// or a folder of packages.
func roomProblems(text string, paths []string) (problems []string) {
	within := func(path, room string) bool { return path == room || strings.HasPrefix(path, room+"/") }
	_, table, _ := strings.Cut(text, "| room | subject |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var rooms []string
	for line := range strings.Lines(table) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		for _, match := range quoted.FindAllStringSubmatch(cell, -1) {
			room := match[1]
			if slices.Contains(rooms, room) {
				problems = append(problems, fmt.Sprintf("docs/architecture.md lists the room %s twice", room))
			}
			if !slices.ContainsFunc(paths, func(path string) bool { return within(path, room) }) {
				problems = append(problems, fmt.Sprintf("docs/architecture.md lists the room %s, which has no internal package", room))
			}
			rooms = append(rooms, room)
		}
	}
	for _, path := range paths {
		if !slices.ContainsFunc(rooms, func(room string) bool { return within(path, room) }) {
			problems = append(problems, fmt.Sprintf("%s is in no room of docs/architecture.md, expected a line with its subject", path))
		}
	}
	slices.Sort(problems)
	return problems
}

func TestWrongRoomsAreFound(t *testing.T) {
	const table = "text\n\n| room | subject |\n| --- | --- |\n| `internal/a`, `internal/b` | two |\n| `internal/a` | again, not `internal/c` |\n| `internal/gone` | nothing |\n\nmore\n"
	got := roomProblems(table, []string{"internal/a", "internal/b/part", "internal/bc", "internal/c"})
	expected := []string{
		"docs/architecture.md lists the room internal/a twice",
		"docs/architecture.md lists the room internal/gone, which has no internal package",
		"internal/bc is in no room of docs/architecture.md, expected a line with its subject",
		"internal/c is in no room of docs/architecture.md, expected a line with its subject",
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("problems (-expected +got):\n%s", diff)
	}
}
