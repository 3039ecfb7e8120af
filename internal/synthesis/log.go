package synthesis

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/mapjob/mapjob/internal/inputs"
	"github.com/mapjob/mapjob/internal/reads"
)

//go:embed observe.js
var observeJS []byte

// nodeMemory is the flag with which the CDK's Go runtime starts Node.js if
// NODE_OPTIONS is not set.
const nodeMemory = "--max-old-space-size=4069"

// observe runs the app and returns what it reads. Unknown says why that is not known.
func (a *App) observe(ctx context.Context, assembly string, settings map[string]string) (read []inputs.Input, unknown, err error) {
	folder, err := os.MkdirTemp("", "mapjob-reads-")
	if err != nil {
		return nil, err, a.run(ctx, assembly)
	}
	defer os.RemoveAll(folder)
	log, script := filepath.Join(folder, "reads.jsonl"), filepath.Join(folder, "observe.js")
	if err := os.WriteFile(script, observeJS, 0o600); err != nil {
		return nil, err, a.run(ctx, assembly)
	}
	options := os.Getenv("NODE_OPTIONS")
	if options == "" {
		options = nodeMemory
	}
	err = a.run(ctx, assembly,
		reads.LogVariable+"="+log,
		"GOFLAGS="+strings.TrimSpace(settings["GOFLAGS"]+" -tags="+reads.Tag+" '-ldflags="+reads.LinkerFlag+" -s'"), // -s: it links faster
		fmt.Sprintf(`NODE_OPTIONS=%s --require "%s"`, options, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(script)))
	if failed := (*failure)(nil); errors.As(err, &failed) {
		switch {
		case strings.Contains(failed.said, "internal/testlog"):
			return nil, errors.New("this release of Go does not let its reads be recorded"), a.run(ctx, assembly)
		case strings.Contains(failed.said, reads.NotRecorded):
			return nil, errors.New("what it reads can't be recorded: the log can't be written"), a.run(ctx, assembly)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	read, unknown = readLog(log, assembly)
	return read, unknown, nil
}

// passing matches what an app's process makes for itself: the libraries of the CDK,
// which Go's modules bring along, its cache of fingerprints, and files of the system
// that never stay the same.
var passing = regexp.MustCompile(`[/\\]\.cdk[/\\]cache(?:[/\\]|$)|[/\\]jsii-(?:runtime\.|kernel-)[^/\\]+|-\d+\.\d+\.\d+\.\d+\.tgz$|^/(?:proc|sys|dev)/`)

// readLog returns the inputs of an app from its log. Written is where the app wrote
// its assembly. The error says why they are not known.
func readLog(log, written string) ([]inputs.Input, error) {
	file, err := os.Open(log)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errors.New("what it reads was not recorded")
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var read []inputs.Input
	var recorded, asked, goStarted, nodeRecorded, nodeStarted int
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line reads.Line
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("what it reads was not recorded: %w", err)
		}
		if line.Folder != "" && line.Path != "" && !filepath.IsAbs(line.Path) {
			line.Path = filepath.Join(line.Folder, line.Path)
		}
		program := strings.TrimSuffix(filepath.Base(line.Path), ".exe")
		switch {
		case line.Access == reads.Began:
			recorded++
		case line.Access == reads.BeganNode:
			nodeRecorded++
		case line.Access == reads.Asked:
			asked++
		case line.Access == reads.Started && program == "go":
			goStarted++
		case line.Access == reads.Started && program == "node":
			nodeStarted++
		case line.Access == reads.Started || line.Access == reads.StartedByNode:
			return nil, fmt.Errorf("it starts %s", line.Path)
		case line.Access == reads.Matched:
			return nil, fmt.Errorf("it looks for files by the pattern %s", line.Path)
		case passing.MatchString(line.Path) || inputs.Under(line.Path, written):
		case line.Access == reads.Looked && inputs.Under(written, line.Path): // to make the folder of the assembly
		case filepath.Clean(line.Path) == filepath.Clean(os.TempDir()): // package os opens it to remove what is in it
		default:
			read = append(read, inputs.Input{Access: line.Access, Path: line.Path})
		}
	}
	switch {
	case lines.Err() != nil:
		return nil, lines.Err()
	case recorded == 0 || nodeStarted > 0 && nodeRecorded == 0:
		return nil, errors.New("what it reads was not recorded")
	case goStarted != asked:
		return nil, errors.New("it starts go")
	}
	return read, nil
}
