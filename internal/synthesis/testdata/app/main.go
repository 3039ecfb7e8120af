// A program in place of a CDK app. Its context says what it reads.
package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/mapjob/mapjob/app/part"
	"github.com/mapjob/mapjob/internal/reads"
)

//go:embed static
var static embed.FS

func main() {
	var context struct{ Do, Path string }
	must(json.Unmarshal([]byte(os.Getenv("CDK_CONTEXT_JSON")), &context))
	text, err := do(context.Do, context.Path)
	if err != nil {
		text = "failed"
	}
	page, err := static.ReadFile("static/page.txt")
	must(err)
	folder := os.Getenv("CDK_OUTDIR")
	must(os.MkdirAll(folder, 0o755))
	must(os.WriteFile(filepath.Join(folder, "manifest.json"), []byte(fmt.Sprint(text, part.Name, string(part.Settings), string(page))), 0o644))
}

func do(what, path string) (any, error) {
	switch what {
	case "read":
		text, err := os.ReadFile(path)
		return string(text), err
	case "stat":
		_, err := os.Stat(path)
		return err == nil, nil
	case "list":
		return os.ReadDir(path)
	case "glob":
		return filepath.Glob(path)
	case "walk":
		n := int64(0)
		err := filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				info, _ := entry.Info()
				n += info.Size()
			}
			return err
		})
		return n, err
	case "root":
		root, err := os.OpenRoot(".")
		must(err)
		text, err := root.ReadFile(path)
		return string(text), err
	case "cd":
		must(os.Chdir(filepath.Dir(path)))
		text, err := os.ReadFile(filepath.Base(path))
		return string(text), err
	case "env":
		return os.Getenv(path), nil
	case "time":
		return time.Now(), nil
	case "start":
		out, err := exec.Command("sh", "-c", path).Output()
		return string(out), err
	case "run":
		return nil, exec.Command(path).Run()
	case "go":
		out, err := exec.Command("go", "list", path).Output()
		return string(out), err
	case "ask":
		reads.Ask()
		out, err := exec.Command("go", "list", "-find", path).Output()
		return string(out), err
	case "node":
		out, err := exec.Command("node", "--input-type=commonjs", "-e", path).CombinedOutput()
		return string(out), err
	case "module":
		out, err := exec.Command("node", "--input-type=module", "-e", path).CombinedOutput()
		return string(out), err
	case "wait":
		text, err := os.ReadFile(path)
		time.Sleep(time.Second)
		return string(text), err
	}
	return nil, nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
