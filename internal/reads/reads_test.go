package reads_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/reads"
)

// program builds testdata/program.
func program(t *testing.T, flags ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	args := slices.Concat([]string{"build", "-o", path}, flags, []string{"./testdata/program"})
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// recorded runs a program in a folder, and returns the lines of its log.
func recorded(t *testing.T, program, folder string, args ...string) []reads.Line {
	t.Helper()
	log := filepath.Join(t.TempDir(), "reads.jsonl")
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), reads.LogVariable+"="+log, "PWD="+folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		return nil
	}
	var lines []reads.Line
	for line := range bytes.Lines(text) {
		var l reads.Line
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		lines = append(lines, l)
	}
	return lines
}

func TestReadsAreRecorded(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	odd := "a \"b\"\\\n\x01ü"
	for name, mode := range map[string]os.FileMode{"file": 0o644, "script": 0o755, odd: 0o644} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	script, below := filepath.Join(folder, "script"), filepath.Join(folder, "below")
	recording := program(t, "-tags="+reads.Tag, "-ldflags="+reads.LinkerFlag)
	for name, c := range map[string]struct {
		args     []string
		expected []reads.Line
	}{
		"a file":                           {[]string{"open", "file"}, []reads.Line{{Access: reads.Opened, Path: "file", Folder: folder}}},
		"a file that is not there":         {[]string{"open", "gone"}, []reads.Line{{Access: reads.Opened, Path: "gone", Folder: folder}}},
		"a file with an odd name":          {[]string{"open", odd}, []reads.Line{{Access: reads.Opened, Path: odd, Folder: folder}}},
		"whether there is a file":          {[]string{"stat", "file"}, []reads.Line{{Access: reads.Looked, Path: "file", Folder: folder}}},
		"a folder":                         {[]string{"list", "below"}, []reads.Line{{Access: reads.Opened, Path: "below", Folder: folder}}},
		"a file of another current folder": {[]string{"chdir", below, "open", "../file"}, []reads.Line{{Access: reads.Opened, Path: "../file", Folder: below}}},
		"a program, as a file":             {[]string{"open", script}, []reads.Line{{Access: reads.Opened, Path: script, Folder: folder}}},
		"a program that is started":        {[]string{"start", script}, []reads.Line{{Access: reads.Started, Path: script, Folder: folder}}},
		"a question to the go command":     {[]string{"ask", ""}, []reads.Line{{Access: reads.Asked, Folder: folder}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := recorded(t, recording, folder, c.args...)
			expected := append([]reads.Line{{Access: reads.Began, Path: folder, Folder: folder}, {Access: reads.Opened, Path: "before", Folder: folder}}, c.expected...)
			// A program that is started opens /dev/null first.
			got = slices.DeleteFunc(got, func(l reads.Line) bool { return l.Path == os.DevNull })
			if !slices.Equal(got, expected) {
				t.Errorf("got %+v, expected %+v", got, expected)
			}
		})
	}
}

func TestNothingIsRecordedWithoutTheTag(t *testing.T) {
	if got := recorded(t, program(t), t.TempDir(), "open", "file"); got != nil {
		t.Errorf("got %+v, expected no log", got)
	}
}

func TestAProgramThatCannotRecordFails(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(program(t, "-tags="+reads.Tag, "-ldflags="+reads.LinkerFlag))
	cmd.Env = append(os.Environ(), reads.LogVariable+"="+full)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), reads.NotRecorded+"no space left on device") {
		t.Errorf("got %v and %s, expected that the log can't be written", err, out)
	}
}
