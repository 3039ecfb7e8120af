package create

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/module"
)

const (
	mapjobModule = "github.com/mapjob/mapjob"
	tool         = mapjobModule + "/cmd/mapjob"
)

// goModule is the module that the job is in.
type goModule struct {
	path      string
	folder    string
	exists    bool
	workspace string // the go.work file, or empty
	requires  bool   // mapjob
	ignored   []string
}

// findModule returns the module of a folder, or one to create there.
func findModule(ctx context.Context, run commands, here, wanted string) (*goModule, error) {
	found, err := run.output(ctx, "go", "env", "-json", "GOMOD", "GOWORK")
	if err != nil {
		return nil, err
	}
	var env struct{ GOMOD, GOWORK string }
	if err := json.Unmarshal([]byte(found), &env); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	m := &goModule{path: wanted, folder: here}
	if env.GOWORK != "off" {
		m.workspace = env.GOWORK
	}
	if env.GOMOD == "" || env.GOMOD == os.DevNull {
		if wanted == "" {
			m.path = "example.com/" + filepath.Base(here)
		}
		if err := module.CheckImportPath(m.path); err != nil {
			return nil, fmt.Errorf("--module: got %q, expected a module path such as example.com/shop: %w", m.path, err)
		}
		return m, nil
	}
	described, err := run.output(ctx, "go", "mod", "edit", "-json", env.GOMOD)
	if err != nil {
		return nil, err
	}
	var file struct {
		Module  struct{ Path string }
		Require []struct{ Path string }
		Ignore  []struct{ Path string }
	}
	if err := json.Unmarshal([]byte(described), &file); err != nil {
		return nil, fmt.Errorf("%s: %w", env.GOMOD, err)
	}
	if wanted != "" && wanted != file.Module.Path {
		return nil, fmt.Errorf("--module: got %q, expected %q, the module that this folder is in (%s)", wanted, file.Module.Path, env.GOMOD)
	}
	if file.Module.Path == mapjobModule {
		return nil, fmt.Errorf("mapjob init: got a folder of %s itself, expected one outside of it", mapjobModule)
	}
	m.path, m.folder, m.exists = file.Module.Path, filepath.Dir(env.GOMOD), true
	if err := m.checkWorkspace(ctx, run, here); err != nil {
		return nil, err
	}
	for _, r := range file.Require {
		m.requires = m.requires || r.Path == mapjobModule
	}
	for _, i := range file.Ignore {
		m.ignored = append(m.ignored, i.Path)
	}
	return m, nil
}

// checkWorkspace refuses a module that its workspace does not use: the go command
// would not find its packages. The workspace is the user's, and other modules are in
// it, so that it is not changed here.
func (m *goModule) checkWorkspace(ctx context.Context, run commands, here string) error {
	if m.workspace == "" {
		return nil
	}
	described, err := run.output(ctx, "go", "work", "edit", "-json", m.workspace)
	if err != nil {
		return err
	}
	var file struct{ Use []struct{ DiskPath string } }
	if err := json.Unmarshal([]byte(described), &file); err != nil {
		return fmt.Errorf("%s: %w", m.workspace, err)
	}
	own, err := os.Stat(m.folder)
	if err != nil {
		return err
	}
	for _, used := range file.Use {
		folder := filepath.FromSlash(used.DiskPath)
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(filepath.Dir(m.workspace), folder)
		}
		if other, err := os.Stat(folder); err == nil && os.SameFile(own, other) {
			return nil
		}
	}
	below, err := filepath.Rel(here, m.folder)
	if err != nil {
		below = m.folder
	}
	return fmt.Errorf("workspace %s: got no use of module %s, expected one: run `go work use %s` first, or set GOWORK=off to leave the workspace out", m.workspace, m.path, filepath.ToSlash(below))
}

// prefix returns the import path of a folder below here.
func (m *goModule) prefix(here, folder string) string {
	below, err := filepath.Rel(m.folder, filepath.Join(here, folder))
	if err != nil {
		return m.path
	}
	return path.Join(m.path, filepath.ToSlash(below))
}

// requirement returns the version of mapjob to require, the folder of a checkout,
// or nothing if the module requires mapjob already.
func (m *goModule) requirement(ctx context.Context, run commands, wanted string) (string, error) {
	if wanted != "" {
		if !isFolder(wanted) {
			return wanted, nil
		}
		described, err := run.output(ctx, "go", "mod", "edit", "-json", filepath.Join(wanted, "go.mod"))
		if err != nil || !strings.Contains(described, `"Path": "`+mapjobModule+`"`) {
			return "", fmt.Errorf("--mapjob: got folder %s, expected a checkout of %s", wanted, mapjobModule)
		}
		return filepath.Abs(wanted)
	}
	if m.requires {
		return "", nil
	}
	info, _ := debug.ReadBuildInfo()
	return ownVersion(info)
}

// ownVersion returns the version that this command was built from.
func ownVersion(info *debug.BuildInfo) (string, error) {
	version := "(devel)"
	if info != nil {
		for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
			if m.Path == mapjobModule && m.Replace == nil && m.Version != "" {
				version = m.Version
			}
		}
	}
	if version == "(devel)" || strings.HasSuffix(version, "+dirty") {
		return "", fmt.Errorf("the version of mapjob: got %s, which no module proxy has, expected a released one; set --mapjob to a version, to latest, or to the folder of your checkout", version)
	}
	return version, nil
}

func (m *goModule) create(ctx context.Context, run commands) error {
	if err := run.do(ctx, "go", "mod", "init", m.path); err != nil {
		return err
	}
	if m.workspace == "" {
		return nil
	}
	return run.do(ctx, "go", "work", "use", ".") // else the go command refuses the module
}

// require adds the tool and the files' imports to go.mod and, if there is one, the
// vendor folder.
func (m *goModule) require(ctx context.Context, run commands, here, required string) error {
	if err := m.ignore(ctx, run, here); err != nil {
		return err
	}
	switch {
	case filepath.IsAbs(required):
		err := run.do(ctx, "go", "mod", "edit", "-replace="+mapjobModule+"="+required,
			"-require="+mapjobModule+"@v0.0.0-00010101000000-000000000000", "-tool="+tool)
		if err != nil {
			return err
		}
	case required == "":
		if err := run.do(ctx, "go", "mod", "edit", "-tool="+tool); err != nil {
			return err
		}
	default:
		if err := run.do(ctx, "go", "get", "-tool", tool+"@"+required); err != nil {
			return err
		}
	}
	if err := run.do(ctx, "go", "mod", "tidy"); err != nil {
		return err
	}
	return m.vendor(ctx, run)
}

// ignore keeps the go command out of node_modules.
func (m *goModule) ignore(ctx context.Context, run commands, here string) error {
	below, err := filepath.Rel(m.folder, here)
	if err != nil {
		return err
	}
	folder := "./" + path.Join(filepath.ToSlash(below), "node_modules")
	for _, ignored := range m.ignored {
		if ignored == folder || ignored == "node_modules" {
			return nil
		}
	}
	return run.do(ctx, "go", "mod", "edit", "-ignore="+folder)
}

func (m *goModule) vendor(ctx context.Context, run commands) error {
	folder, args := m.folder, []string{"mod", "vendor"}
	if m.workspace != "" {
		folder, args = filepath.Dir(m.workspace), []string{"work", "vendor"}
	}
	_, err := os.Stat(filepath.Join(folder, "vendor", "modules.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return run.do(ctx, "go", args...)
}
