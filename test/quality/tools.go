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
	// It exits with the kinds of what it has found: 2 errors, 4 warnings, 8 information.
	text, err := output(ctx, []int{2, 4, 6, 8, 10, 12, 14}, path, append([]string{"--format", "json"}, slices.Sorted(maps.Keys(r.templates))...)...)
	if err != nil {
		return nil, err
	}
	var lines []struct {
		Filename, Message string
		Rule              struct{ ID string }
		Location          struct{ Path []any }
	}
	if err := json.Unmarshal(text, &lines); err != nil {
		return nil, err
	}
	var list []finding
	for _, line := range lines {
		var at []string
		for _, part := range line.Location.Path {
			at = append(at, fmt.Sprint(part))
		}
		list = append(list, finding{Rule: line.Rule.ID, Snapshot: r.templates[line.Filename], At: strings.Join(at, "."), Message: line.Message})
	}
	return list, nil
}

// nag reads what cdk-nag has found in the stacks while they were synthesized.
func nag(_ context.Context, r *reviewed) ([]finding, error) {
	if len(r.nags) != len(r.templates) {
		return nil, fmt.Errorf("got %d reports of cdk-nag for %d templates, expected one for each", len(r.nags), len(r.templates))
	}
	var list []finding
	packs := map[string]bool{}
	for path, name := range r.nags {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var lines []synthesis.Finding
		if err := json.Unmarshal(text, &lines); err != nil {
			return nil, err
		}
		for _, line := range lines {
			pack, _, _ := strings.Cut(line.RuleID, "-")
			packs[pack] = true
			if line.Compliance == "Compliant" || line.Compliance == "Suppressed" { // on the resource, with a reason: test/security
				continue
			}
			list = append(list, finding{Rule: line.RuleID, Snapshot: name, At: strings.TrimSuffix(line.ResourceID, "/Resource"), Message: line.RuleInfo})
		}
	}
	if len(packs) != 2 {
		return nil, fmt.Errorf("got the rules %v, expected those of AwsSolutions and NIST.800.53.R5", packs)
	}
	slices.SortFunc(list, func(a, b finding) int { return strings.Compare(a.String(), b.String()) })
	return list, nil
}
