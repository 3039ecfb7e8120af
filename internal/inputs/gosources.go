package inputs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/reads"
)

// GoSettings returns the settings of the go command in a folder that say what it
// builds. It returns nil if there is no go command.
func GoSettings(folder string) map[string]string {
	env := exec.Command("go", "env", "-json", "GOVERSION", "GOROOT", "GOFLAGS", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT",
		"GOMOD", "GOMODCACHE", "GOWORK", "CGO_ENABLED")
	env.Dir = folder
	text, err := env.Output()
	var settings map[string]string
	if err != nil || json.Unmarshal(text, &settings) != nil {
		return nil
	}
	return settings
}

// goPackage is a package as `go list` describes it.
type goPackage struct {
	Dir      string
	Standard bool
	Module   *struct{ GoMod string }

	CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles, SwigFiles, SwigCXXFiles, SysoFiles, EmbedFiles, EmbedPatterns []string
}

// GoSources returns what packages are built from, without the standard library and
// modules in the module cache, which never change. Folder is where the go command
// runs. The sources need not compile.
func GoSources(folder string, settings map[string]string, flags, packages []string) ([]Input, error) {
	args := slices.Concat([]string{"list", "-e", "-deps"}, flags,
		[]string{"-json=Dir,Standard,Module,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SwigFiles,SwigCXXFiles,SysoFiles,EmbedFiles,EmbedPatterns", "--"}, packages)
	list := exec.Command("go", args...)
	list.Dir = folder
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	inputs := goModule(settings["GOMOD"])
	if work := settings["GOWORK"]; work != "" && work != "off" {
		inputs = append(inputs, Input{Do: reads.Opened, Path: work}, Input{Do: reads.Opened, Path: work + ".sum"})
	}
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return inputs, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if p.Standard || p.Dir == "" || Under(p.Dir, settings["GOMODCACHE"]) {
			continue
		}
		inputs = append(inputs, Input{Do: Compiled, Path: p.Dir})
		if p.Module != nil {
			inputs = append(inputs, goModule(p.Module.GoMod)...)
		}
		for _, name := range slices.Concat(p.CFiles, p.CXXFiles, p.MFiles, p.HFiles, p.FFiles, p.SFiles, p.SwigFiles, p.SwigCXXFiles, p.SysoFiles, p.EmbedFiles) {
			inputs = append(inputs, Input{Do: reads.Opened, Path: filepath.Join(p.Dir, name)})
		}
		inputs = append(inputs, p.embedFolders()...)
	}
}

// embedFolders returns the folders in which more files may match the patterns of
// embedded files.
func (p *goPackage) embedFolders() []Input {
	var inputs []Input
	for _, name := range p.EmbedFiles {
		for folder := filepath.Dir(name); folder != "."; folder = filepath.Dir(folder) {
			inputs = append(inputs, Input{Do: reads.Opened, Path: filepath.Join(p.Dir, folder)})
		}
	}
	for _, pattern := range p.EmbedPatterns {
		first, _, _ := strings.Cut(strings.TrimPrefix(pattern, "all:"), "/")
		if strings.ContainsAny(first, "*?[") || first == "." {
			inputs = append(inputs, Input{Do: reads.Opened, Path: p.Dir})
		}
	}
	return inputs
}

// goModule returns the files that say which versions a module is built with.
func goModule(goMod string) []Input {
	if !filepath.IsAbs(goMod) { // none, or the null device
		return nil
	}
	folder := filepath.Dir(goMod)
	return []Input{
		{Do: reads.Opened, Path: goMod},
		{Do: reads.Opened, Path: filepath.Join(folder, "go.sum")},
		{Do: reads.Opened, Path: filepath.Join(folder, "vendor", "modules.txt")},
	}
}

// Under reports whether a path is in a folder, or the folder itself.
func Under(path, folder string) bool {
	if folder == "" {
		return false
	}
	relative, err := filepath.Rel(folder, path)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}
