package inputs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
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
		inputs = append(inputs, Input{Access: reads.Opened, Path: work}, Input{Access: reads.Opened, Path: work + ".sum"})
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
		inputs = append(inputs, Input{Access: Compiled, Path: p.Dir})
		if p.Module != nil {
			inputs = append(inputs, goModule(p.Module.GoMod)...)
		}
		for _, name := range slices.Concat(p.CFiles, p.CXXFiles, p.MFiles, p.HFiles, p.FFiles, p.SFiles, p.SwigFiles, p.SwigCXXFiles, p.SysoFiles, p.EmbedFiles) {
			inputs = append(inputs, Input{Access: reads.Opened, Path: filepath.Join(p.Dir, name)})
		}
		inputs = append(inputs, p.embedFolders()...)
	}
}

// embedFolders returns the folders in which more files may match the patterns of
// embedded files, also those in which none does yet.
func (p *goPackage) embedFolders() []Input {
	var inputs []Input
	for _, pattern := range p.EmbedPatterns {
		pattern, hidden := strings.CutPrefix(pattern, "all:")
		for _, folder := range matching(p.Dir, strings.Split(path.Clean(pattern), "/"), hidden, false) {
			inputs = append(inputs, Input{Access: reads.Opened, Path: folder})
		}
	}
	return inputs
}

// matching returns the folders, from one on, in which a new file may match a
// pattern. Open says that part of the pattern has matched more than one name.
func matching(folder string, pattern []string, hidden, open bool) []string {
	if len(pattern) == 0 || pattern[0] == "." {
		return folders(folder, hidden)
	}
	if !strings.ContainsAny(pattern[0], `*?[\`) {
		found := matching(filepath.Join(folder, pattern[0]), pattern[1:], hidden, open)
		if open {
			found = append(found, folder)
		}
		return found
	}
	found := []string{folder}
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if ok, _ := path.Match(pattern[0], e.Name()); ok && e.IsDir() {
			found = append(found, matching(filepath.Join(folder, e.Name()), pattern[1:], hidden, true)...)
		}
	}
	return found
}

// folders returns a folder and those in it that are embedded with it.
func folders(folder string, hidden bool) (found []string) {
	_ = filepath.WalkDir(folder, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || !entry.IsDir():
			return nil
		case at != folder && !hidden && strings.ContainsRune("._", rune(entry.Name()[0])):
			return fs.SkipDir
		}
		found = append(found, at)
		return nil
	})
	return found
}

// goModule returns the files that say which versions a module is built with.
func goModule(goMod string) []Input {
	if !filepath.IsAbs(goMod) { // none, or the null device
		return nil
	}
	folder := filepath.Dir(goMod)
	return []Input{
		{Access: reads.Opened, Path: goMod},
		{Access: reads.Opened, Path: filepath.Join(folder, "go.sum")},
		{Access: reads.Opened, Path: filepath.Join(folder, "vendor", "modules.txt")},
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
