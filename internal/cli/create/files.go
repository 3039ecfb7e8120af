package create

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// templates has the files of the job. MODULE is the import path of its folder, APP
// the folder of the CDK app, and Nightly the job.
//
//go:embed all:files
var templates embed.FS

// file is a file to write.
type file struct {
	name string // with slashes, below the working directory
	text []byte
}

// files returns the files of a job whose Go code is in a folder.
func files(prefix, job, folder string) ([]file, error) {
	slashed := path.Clean(filepath.ToSlash(folder))
	named := strings.NewReplacer("MODULE", prefix, "APP", path.Join(slashed, "app"), "Nightly", job)
	var all []file
	err := fs.WalkDir(templates, "files", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := templates.ReadFile(name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "files/")
		if code, ok := strings.CutSuffix(name, ".tmpl"); ok { // the go command would build a file that ends in .go
			name = path.Join(slashed, code)
		}
		if name == "gitignore" {
			name = ".gitignore"
		}
		all = append(all, file{name, []byte(named.Replace(string(text)))})
		return nil
	})
	return all, err
}

// checkFolders refuses folders that have other Go files than the job's: two
// packages can't be in one folder.
func checkFolders(all []file) error {
	ours := map[string]bool{}
	for _, f := range all {
		ours[f.name] = true
	}
	var problems []error
	refused := map[string]bool{}
	for _, f := range all {
		folder := path.Dir(f.name)
		if path.Ext(f.name) != ".go" || refused[folder] {
			continue
		}
		others, err := filepath.Glob(filepath.Join(filepath.FromSlash(folder), "*.go"))
		if err != nil {
			return err
		}
		for _, other := range others {
			if name := filepath.ToSlash(other); !ours[name] {
				refused[folder] = true
				problems = append(problems, fmt.Errorf("folder %s: got Go code of yours (%s), expected none; choose another folder for the job, such as --folder jobs", folder, name))
				break
			}
		}
	}
	return errors.Join(problems...)
}

// write writes the file unless it exists, and returns a line that says so.
func (f file) write() (string, error) {
	name := filepath.FromSlash(f.name)
	if folder := filepath.Dir(name); folder != "." {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return "", err
		}
	}
	created, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		present, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		return "existing " + f.name + f.missing(present), nil
	}
	if err != nil {
		return "", err
	}
	_, err = created.Write(f.text)
	return "created  " + f.name, errors.Join(err, created.Close())
}

// missing says what to add by hand to a file that exists.
func (f file) missing(present []byte) string {
	if bytes.Equal(present, f.text) {
		return ""
	}
	switch f.name {
	case ".gitignore":
		has := map[string]bool{}
		for line := range strings.Lines(string(present)) {
			has[strings.Trim(strings.TrimSpace(line), "/")] = true
		}
		var lines []string
		for line := range strings.Lines(string(f.text)) {
			if line = strings.TrimSpace(line); !has[strings.Trim(line, "/")] {
				lines = append(lines, line)
			}
		}
		if lines == nil {
			return ""
		}
		return ": left alone; add " + strings.Join(lines, ", ")
	case "package.json":
		var has struct{ Dependencies, DevDependencies map[string]string }
		if json.Unmarshal(present, &has) == nil && has.Dependencies["aws-cdk"]+has.DevDependencies["aws-cdk"] != "" {
			return ""
		}
		var wants struct{ DevDependencies map[string]string }
		_ = json.Unmarshal(f.text, &wants) // a file of ours
		return ": left alone; run npm install --save-dev --save-exact aws-cdk@" + wants.DevDependencies["aws-cdk"]
	case "cdk.json":
		has, wants := appOf(present), appOf(f.text)
		if has == wants {
			return ""
		}
		return fmt.Sprintf(": left alone; its app is %q: add the new stack to that app, or run this one with mapjob run --app %q", has, wants)
	default:
		return ": left alone; it is not what mapjob init writes"
	}
}

// appOf returns the app of a cdk.json, or "" if it has none.
func appOf(text []byte) string {
	var has struct{ App string }
	if json.Unmarshal(text, &has) != nil {
		return ""
	}
	return has.App
}

// toRun returns the arguments of mapjob that run the job: with its app, if the
// cdk.json that is there has another one.
func toRun(all []file) []string {
	for _, f := range all {
		if f.name != "cdk.json" {
			continue
		}
		if there, err := os.ReadFile(f.name); err == nil && appOf(there) != appOf(f.text) {
			return []string{"run", "--app", appOf(f.text)}
		}
	}
	return []string{"run"}
}
