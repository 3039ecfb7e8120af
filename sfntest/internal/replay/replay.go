// Package replay says which faults a run of a sweep had, and how it is repeated.
package replay

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/fault"
)

// Kinds returns the kinds of the faults, each once, in alphabetical order.
func Kinds(faults []fault.Fault) string {
	var kinds []string
	for _, f := range faults {
		kinds = append(kinds, f.Fault)
	}
	slices.Sort(kinds)
	return strings.Join(slices.Compact(kinds), " ")
}

// Describe returns the faults as text.
func Describe(faults []fault.Fault) string {
	var texts []string
	for _, f := range faults {
		texts = append(texts, f.String())
	}
	if texts == nil {
		return "none"
	}
	return strings.Join(texts, "; ")
}

// Needed says which of the faults of a seed matter.
func Needed(of int, faults []fault.Fault) string {
	text := Encode(faults)
	switch {
	case of == 0:
		return "without faults"
	case len(faults) == 0:
		return fmt.Sprintf("of %s, none is needed: the order in which things go on is enough", counted(of))
	case len(faults) == 1:
		return fmt.Sprintf("of %s, 1 is needed: %s", counted(of), text)
	}
	return fmt.Sprintf("of %s, %d are needed: %s", counted(of), len(faults), text)
}

func counted(n int) string {
	if n == 1 {
		return "1 fault"
	}
	return fmt.Sprintf("%d faults", n)
}

// Encode returns the faults as JSON.
func Encode(faults []fault.Fault) string {
	if len(faults) == 0 {
		return "[]"
	}
	text, err := json.Marshal(faults)
	if err != nil { // an answer was checked to be JSON
		return err.Error()
	}
	return string(text)
}

// Command returns the command that repeats a run of a test.
func Command(test string, seed uint64, faults []fault.Fault) string {
	return fmt.Sprintf("go test %s -run '^%s$' -sfntest.seed=%d -sfntest.faults='%s'",
		packagePath(), strings.ReplaceAll(test, "/", "$/^"), seed, strings.ReplaceAll(Encode(faults), "'", `'\''`))
}

// packagePath returns the folder of the package under test, from the module's root.
func packagePath() string {
	folder, err := os.Getwd()
	if err != nil {
		return "."
	}
	for root := folder; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			inside, err := filepath.Rel(root, folder)
			if err != nil || inside == "." {
				return "."
			}
			return "./" + filepath.ToSlash(inside)
		}
		if root == filepath.Dir(root) {
			return "."
		}
	}
}
