package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/mapjob/mapjob/test/synthesis"
)

// schemas validates templates as the CDK does when it synthesizes.
func schemas(ctx context.Context, r *reviewed) ([]finding, error) {
	return script(ctx, "test/quality/schemas.mjs", r.templates)
}

// definitions validates definitions with asl-validator.
func definitions(ctx context.Context, r *reviewed) ([]finding, error) {
	return script(ctx, "test/quality/definitions.mjs", r.definitions)
}

// script runs a script on files that have names.
func script(ctx context.Context, script string, files map[string]string) ([]finding, error) {
	if _, err := os.Stat("test/node_modules"); err != nil {
		return nil, fmt.Errorf("%w: run make quality, which installs the tools of test/package.json", err)
	}
	text, err := output(ctx, nil, "node", append([]string{script}, slices.Sorted(maps.Keys(files))...)...)
	if err != nil {
		return nil, err
	}
	var lines []struct{ Path, Rule, At, Message string }
	if err := json.Unmarshal(text, &lines); err != nil {
		return nil, err
	}
	var list []finding
	for _, line := range lines {
		list = append(list, finding{Rule: line.Rule, Snapshot: files[line.Path], At: line.At, Message: line.Message})
	}
	return list, nil
}

// cfnLint runs cfn-lint, in Python, which need not be installed.
func cfnLint(ctx context.Context, r *reviewed) ([]finding, error) {
	path, err := exec.LookPath("cfn-lint")
	if err != nil {
		return nil, &missingTool{"cfn-lint", "pip install cfn-lint"}
	}
	type line struct {
		Filename, Message string
		Rule              struct{ ID string }
		Location          struct{ Path []any }
	}
	// It has one thread.
	files := slices.Sorted(maps.Keys(r.templates))
	halves := [][]string{files[:len(files)/2], files[len(files)/2:]}
	found := make([][]line, len(halves))
	group, ctx := errgroup.WithContext(ctx)
	for i, half := range halves {
		if len(half) == 0 {
			continue
		}
		group.Go(func() error {
			// It exits with the kinds of what it has found: 2 errors, 4 warnings, 8 information.
			text, err := output(ctx, []int{2, 4, 6, 8, 10, 12, 14}, path, append([]string{"--format", "json"}, half...)...)
			if err != nil {
				return err
			}
			return json.Unmarshal(text, &found[i])
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var list []finding
	for _, line := range slices.Concat(found...) {
		var at []string
		for _, part := range line.Location.Path {
			at = append(at, fmt.Sprint(part))
		}
		list = append(list, finding{Rule: line.Rule.ID, Snapshot: r.templates[line.Filename], At: strings.Join(at, "."), Message: line.Message})
	}
	return list, nil
}

// nag reads what cdk-nag has found in the stacks of tests while they were synthesized,
// and lets it look at the templates of apps, which were synthesized without it.
func nag(_ context.Context, r *reviewed) ([]finding, error) {
	found := map[string][]synthesis.Finding{} // by the names of templates
	for path, name := range r.nags {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var lines []synthesis.Finding
		if err := json.Unmarshal(text, &lines); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		found[name] = lines
	}
	if err := bothPacks(found); err != nil {
		return nil, err
	}
	var others []string
	for path, name := range r.templates {
		if _, ok := found[name]; !ok {
			others = append(others, path)
		}
	}
	if len(others) > 0 {
		slices.Sort(others)
		byFile, err := synthesis.NagTemplates(others)
		if err == nil {
			err = bothPacks(byFile)
		}
		if err != nil {
			return nil, err
		}
		for path, lines := range byFile {
			found[r.templates[path]] = lines
		}
	}
	var list []finding
	for _, name := range r.templates {
		if len(found[name]) == 0 {
			return nil, fmt.Errorf("%s: got no rule that looked at the template, expected some", name)
		}
		for _, line := range found[name] {
			if line.Compliance == "Compliant" || line.Compliance == "Suppressed" { // on the resource, with a reason: test/security
				continue
			}
			list = append(list, finding{Rule: line.RuleID, Snapshot: name, At: strings.TrimSuffix(line.ResourceID, "/Resource"), Message: line.RuleInfo})
		}
	}
	slices.SortFunc(list, func(a, b finding) int { return strings.Compare(a.String(), b.String()) })
	return list, nil
}

// bothPacks fails if cdk-nag ran without one of the packs of rules.
func bothPacks(found map[string][]synthesis.Finding) error {
	packs := map[string]bool{}
	for _, lines := range found {
		for _, line := range lines {
			pack, _, _ := strings.Cut(line.RuleID, "-")
			packs[pack] = true
		}
	}
	if len(found) > 0 && (len(packs) != 2 || !packs["AwsSolutions"] || !packs["NIST.800.53.R5"]) {
		return fmt.Errorf("got the rules %q, expected those of AwsSolutions and NIST.800.53.R5", slices.Sorted(maps.Keys(packs)))
	}
	return nil
}
