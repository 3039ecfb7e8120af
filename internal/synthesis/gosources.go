package synthesis

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/reads"
)

// goRun matches commands that do nothing but build and run a Go program, such as
// that of `cdk init`: "go mod download && go run app.go".
var goRun = regexp.MustCompile(`^\s*(?:go\s+mod\s+(?:download|tidy|verify)\s*&&\s*)*go\s+run((?:\s+[\w./=,:+~-]+)+)\s*$`)

// switches are the flags of `go run` without a value that do not change what is
// built.
var switches = []string{"-a", "-v", "-x", "-work", "-trimpath", "-modcacherw"}

// goProgram returns the packages or files of an app's command, as `go list` takes
// them, and its flags. The error says why it is not known what the command reads.
func goProgram(command string, settings map[string]string) (flags, packages []string, err error) {
	found := goRun.FindStringSubmatch(command)
	if found == nil || settings == nil {
		return nil, nil, errors.New("its command is not `go run PACKAGE`")
	}
	args := strings.Fields(found[1])
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		flags, args = append(flags, args[0]), args[1:]
	}
	for _, flag := range slices.Concat(strings.Fields(settings["GOFLAGS"]), flags) {
		name, _, hasValue := strings.Cut(strings.Replace(flag, "--", "-", 1), "=")
		if name != "-mod" && name != "-buildvcs" && name != "-p" && !slices.Contains(switches, name) || !hasValue && !slices.Contains(switches, name) {
			return nil, nil, fmt.Errorf("the go command is given %s", flag)
		}
	}
	if len(args) == 0 {
		return nil, nil, errors.New("its command is not `go run PACKAGE`")
	}
	packages = args[:1]
	for len(packages) < len(args) && strings.HasSuffix(args[0], ".go") && strings.HasSuffix(args[len(packages)], ".go") {
		packages = args[:len(packages)+1]
	}
	return flags, packages, nil
}

// goPackage is a package as `go list` describes it.
type goPackage struct {
	Dir      string
	Standard bool
	Module   *struct{ GoMod string }

	CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles, SwigFiles, SwigCXXFiles, SysoFiles, EmbedFiles, EmbedPatterns []string
}

// goSources returns what a Go program is built from, without the standard library
// and modules in the module cache, which never change.
func goSources(flags, packages []string, settings map[string]string) ([]input, error) {
	args := slices.Concat([]string{"list", "-deps", "-tags=" + reads.Tag}, flags,
		[]string{"-json=Dir,Standard,Module,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SwigFiles,SwigCXXFiles,SysoFiles,EmbedFiles,EmbedPatterns", "--"}, packages)
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	inputs := goModule(settings["GOMOD"])
	if work := settings["GOWORK"]; work != "" && work != "off" {
		inputs = append(inputs, input{Do: reads.Opened, Path: work}, input{Do: reads.Opened, Path: work + ".sum"})
	}
	list := json.NewDecoder(bytes.NewReader(out))
	for {
		var p goPackage
		if err := list.Decode(&p); errors.Is(err, io.EOF) {
			return inputs, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if p.Standard || under(p.Dir, settings["GOMODCACHE"]) {
			continue
		}
		inputs = append(inputs, input{Do: goFiles, Path: p.Dir})
		if p.Module != nil {
			inputs = append(inputs, goModule(p.Module.GoMod)...)
		}
		for _, name := range slices.Concat(p.CFiles, p.CXXFiles, p.MFiles, p.HFiles, p.FFiles, p.SFiles, p.SwigFiles, p.SwigCXXFiles, p.SysoFiles, p.EmbedFiles) {
			inputs = append(inputs, input{Do: reads.Opened, Path: filepath.Join(p.Dir, name)})
		}
		inputs = append(inputs, p.embedFolders()...)
	}
}

// embedFolders returns the folders in which more files may match the patterns of
// embedded files.
func (p *goPackage) embedFolders() []input {
	var inputs []input
	for _, name := range p.EmbedFiles {
		for folder := filepath.Dir(name); folder != "."; folder = filepath.Dir(folder) {
			inputs = append(inputs, input{Do: reads.Opened, Path: filepath.Join(p.Dir, folder)})
		}
	}
	for _, pattern := range p.EmbedPatterns {
		first, _, _ := strings.Cut(strings.TrimPrefix(pattern, "all:"), "/")
		if strings.ContainsAny(first, "*?[") || first == "." {
			inputs = append(inputs, input{Do: reads.Opened, Path: p.Dir})
		}
	}
	return inputs
}

// goModule returns the files that say which versions a module is built with.
func goModule(goMod string) []input {
	if !filepath.IsAbs(goMod) { // none, or the null device
		return nil
	}
	folder := filepath.Dir(goMod)
	return []input{
		{Do: reads.Opened, Path: goMod},
		{Do: reads.Opened, Path: filepath.Join(folder, "go.sum")},
		{Do: reads.Opened, Path: filepath.Join(folder, "vendor", "modules.txt")},
	}
}

// under reports whether a path is in a folder, or the folder itself.
func under(path, folder string) bool {
	if folder == "" {
		return false
	}
	relative, err := filepath.Rel(folder, path)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}
