package licenses

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// OfNpm returns how many npm packages a package-lock.json has by license, and refuses
// licenses that are unknown or not allowed.
func OfNpm(lock []byte) (map[string]int, error) {
	var content struct {
		LockfileVersion int
		Packages        map[string]struct{ License string }
	}
	if err := json.Unmarshal(lock, &content); err != nil {
		return nil, fmt.Errorf("package-lock.json: %w", err)
	}
	if content.LockfileVersion < 2 || len(content.Packages) == 0 {
		return nil, errors.New("package-lock.json: got no packages, expected a file of npm 7 or newer")
	}
	counts := map[string]int{}
	var problems []string
	for name, p := range content.Packages {
		if name == "" {
			continue // the project itself
		}
		counts[p.License]++
		if !satisfied(p.License) {
			problems = append(problems, fmt.Sprintf("%s: %v", name, refusal(fmt.Sprintf("%q", p.License), allowedUnlinked)))
		}
	}
	if len(problems) > 0 {
		slices.Sort(problems)
		return nil, errors.New("package-lock.json: " + strings.Join(problems, "\n"))
	}
	return counts, nil
}

// satisfied reports whether a license is allowed, or a choice has one that is. Other
// expressions of SPDX are refused: a person has to read them.
func satisfied(expression string) bool {
	expression = strings.TrimSuffix(strings.TrimPrefix(expression, "("), ")")
	return slices.ContainsFunc(strings.Split(expression, " OR "), func(license string) bool { return slices.Contains(allowedUnlinked, license) })
}
