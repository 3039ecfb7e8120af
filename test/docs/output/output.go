// Package output compares what a page says that a command prints with what it printed.
package output

import (
	"regexp"
	"strings"
)

// varying is what differs from run to run, and what stands for it.
var varying = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`\b(rerun-)?\d{8}-\d{6}-[0-9a-f]+\b`), "RUN"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\b)`), "TIME"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`), "TIME"},
	{regexp.MustCompile(`\b\d+(\.\d+)?(ms|µs|s|m|h)( \d+(\.\d+)?(ms|µs|s|m|h))*\b`), "DURATION"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`[ \t]+`), " "},
}

func normal(line string) string {
	line = strings.TrimSpace(line)
	for _, v := range varying {
		line = v.pattern.ReplaceAllString(line, v.name)
	}
	return strings.TrimSpace(line)
}

func lines(text string) (list []string) {
	for line := range strings.Lines(text) {
		list = append(list, normal(line))
	}
	for len(list) > 0 && list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	return list
}

// Matches reports whether a command printed what is expected: the same lines, apart
// from times, durations, names of runs, ports and spaces. A line … stands for any
// lines, and … in a line for any text.
func Matches(expected, got string) bool { return match(lines(expected), lines(got)) }

// Contains reports whether lines of what a command printed match.
func Contains(expected, got string) bool {
	return match(append(append([]string{"…"}, lines(expected)...), "…"), lines(got))
}

func match(expected, got []string) bool {
	// reachable[i]: the expected lines so far match the first i lines that were printed.
	reachable := make([]bool, len(got)+1)
	reachable[0] = true
	for _, line := range expected {
		next := make([]bool, len(got)+1)
		if line == "…" {
			for i, open := 0, false; i <= len(got); i++ {
				open = open || reachable[i]
				next[i] = open
			}
		} else {
			fits := pattern(line)
			for i := range got {
				next[i+1] = reachable[i] && fits(got[i])
			}
		}
		reachable = next
	}
	return reachable[len(got)]
}

func pattern(line string) func(string) bool {
	if !strings.Contains(line, "…") {
		return func(got string) bool { return got == line }
	}
	parts := strings.Split(line, "…")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString
}
