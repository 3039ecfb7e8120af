package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
)

// packages runs npm audit in the folders that have packages.
func packages(ctx context.Context, _ io.Writer) ([]vulnerability, error) {
	var list []vulnerability
	for _, folder := range []string{".", "site", "test"} {
		cmd := exec.CommandContext(ctx, "npm", "audit", "--json")
		cmd.Dir = folder
		text, failed := cmd.Output() // it fails if there is a vulnerability, too
		if ended := (*exec.ExitError)(nil); failed != nil && !errors.As(failed, &ended) {
			return nil, failed
		}
		found, err := advisories(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		list = append(list, found...)
	}
	return list, nil
}

// advisories reads what npm audit prints.
func advisories(text []byte) ([]vulnerability, error) {
	var report struct {
		Message         string
		Error           any
		AuditVersion    int `json:"auditReportVersion"`
		Vulnerabilities map[string]struct{ Via []json.RawMessage }
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("got %q, expected a report: %w", text, err)
	}
	if report.AuditVersion == 0 {
		return nil, fmt.Errorf("%w: npm says %q", errUnreachable, report.Message)
	}
	var list []vulnerability
	for _, p := range report.Vulnerabilities {
		for _, via := range p.Via {
			var advisory struct{ Name, Title, URL, Range string }
			if json.Unmarshal(via, &advisory) != nil || advisory.URL == "" { // the name of a package that has it
				continue
			}
			v := vulnerability{path.Base(advisory.URL), advisory.Name + " " + advisory.Range, advisory.Title}
			if !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
	}
	return list, nil
}
