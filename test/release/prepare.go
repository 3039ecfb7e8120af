package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/test/moduleproxy"
	"github.com/mapjob/mapjob/test/release/api"
	"github.com/mapjob/mapjob/test/release/artifact"
	"github.com/mapjob/mapjob/test/release/licenses"
	"github.com/mapjob/mapjob/test/release/sbom"
	"golang.org/x/mod/modfile"
)

// making is a release while it is made.
type making struct {
	release
	plan   plan
	folder string // is removed at the end
	assets string // what is published
	packed []byte // the module's zip
	hash   string // of the zip

	modules  []licenses.Module // that the command links
	binaries map[string]string // paths by platform
}

// prepare makes a version of what is checked out, and publishes nothing.
func (r release) prepare(ctx context.Context, version string, tagged bool) error {
	planned, err := r.checkout.plan(ctx, version, tagged)
	if err != nil {
		return err
	}
	dist, err := filepath.Abs(filepath.Join(r.checkout.root, "dist"))
	if err != nil {
		return err
	}
	m := making{release: r, plan: planned, assets: filepath.Join(dist, "assets"), binaries: map[string]string{}}
	if err := os.RemoveAll(dist); err != nil {
		return err
	}
	if err := os.MkdirAll(m.assets, 0o755); err != nil {
		return err
	}
	err = temporary(func(folder string) error {
		m.folder = folder
		for _, s := range []struct {
			name string
			part func(context.Context) (string, error)
		}{
			{"Go", m.checkGo}, {"zip", m.zip}, {"zip alone", m.buildZip}, {"licenses", m.checkLicenses}, {"API", m.api}, {"binaries", m.build},
			{"archives", m.archive}, {"SBOM", m.describe}, {"sums", m.sum},
		} {
			if err := m.step(ctx, s.name, func() (string, error) { return s.part(ctx) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	m.conclude(tagged)
	return nil
}

// checkGo expects the toolchain of go.mod, so that the same files can be made anywhere.
func (m *making) checkGo(ctx context.Context) (string, error) {
	text, err := m.checkout.read("go.mod")
	if err != nil {
		return "", err
	}
	mod, err := modfile.Parse("go.mod", []byte(text), nil)
	if err != nil {
		return "", err
	}
	if mod.Toolchain == nil {
		return "", errors.New("go.mod: got no line toolchain, expected one such as toolchain go1.26.10")
	}
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION")
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go env GOVERSION: %w", err)
	}
	if got, expected := strings.TrimSpace(string(out)), mod.Toolchain.Name; got != expected {
		return "", fmt.Errorf("got %s, expected the toolchain of go.mod: set GOTOOLCHAIN=%s", got, expected)
	}
	return mod.Toolchain.Name + ", the toolchain of go.mod", nil
}

func (m *making) zip(context.Context) (_ string, err error) {
	if m.packed, err = m.checkout.pack(m.plan.commit, m.plan.version); err != nil {
		return "", err
	}
	if m.hash, err = hash(m.folder, m.packed); err != nil {
		return "", err
	}
	// The checks of the working tree were those of the commit.
	files, err := m.checkout.pack("", m.plan.version)
	if err != nil {
		return "", err
	}
	if other, err := hash(m.folder, files); err != nil || other != m.hash {
		return "", fmt.Errorf("the files that are checked out have the sum %s, expected %s of the commit (%w)", other, m.hash, err)
	}
	return describeZip(m.packed)
}

func (m *making) buildZip(ctx context.Context) (string, error) {
	return "builds and vets", buildZip(ctx, m.folder, m.plan.version, m.packed)
}

func (m *making) checkLicenses(context.Context) (result string, err error) {
	m.modules, result, err = m.licenses()
	return result, err
}

func (m *making) api(ctx context.Context) (string, error) {
	if m.plan.last == "" {
		return "there is no version before to compare with", nil
	}
	changes, err := m.apiChanges(ctx, m.folder, m.plan.last)
	if err != nil {
		return "", err
	}
	if err := api.Allow(m.plan.last, m.plan.version, changes); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d changes since %s, of which %d break programs", len(changes), m.plan.last, breaking(changes)), announced(changes, m.plan.section.Announces)
}

// build builds the binaries twice: in two folders, and the second time with an empty
// build cache.
func (m *making) build(ctx context.Context) (string, error) {
	proxy, err := moduleproxy.Serve(filepath.Join(m.folder, "proxy"), m.plan.version, m.packed)
	if err != nil {
		return "", err
	}
	one := artifact.Builder{Proxy: proxy, Package: command, Version: m.plan.version, Folder: filepath.Join(m.folder, "one")}
	two := one
	two.Folder, two.Cache = filepath.Join(m.folder, "another"), filepath.Join(m.folder, "cache")
	for _, platform := range artifact.Platforms {
		if m.binaries[platform], err = buildTwice(ctx, one, two, platform); err != nil {
			return "", err
		}
		if platform == artifact.Host {
			if err := expectVersion(ctx, m.binaries[platform], m.plan.version); err != nil {
				return "", err
			}
		}
	}
	if m.binaries[artifact.Host] == "" {
		return "", fmt.Errorf("this machine is %s, expected one of %s, to run the command", artifact.Host, strings.Join(artifact.Platforms, ", "))
	}
	return "built twice, in two folders and with two build caches: the same bytes for " + strings.Join(artifact.Platforms, ", "), nil
}

func (m *making) archive(ctx context.Context) (string, error) {
	notices := artifact.File{Name: "THIRD_PARTY_NOTICES", Content: []byte(licenses.Notices("mapjob "+m.plan.version, m.modules))}
	files := []artifact.File{notices}
	for _, name := range []string{"LICENSE", "README.md"} {
		text, err := m.checkout.read(name)
		if err != nil {
			return "", err
		}
		files = append(files, artifact.File{Name: name, Content: []byte(text)})
	}
	for _, shell := range []string{"bash", "fish", "zsh"} {
		script, err := exec.CommandContext(ctx, m.binaries[artifact.Host], "completion", shell).Output()
		if err != nil {
			return "", fmt.Errorf("mapjob completion %s: %w", shell, err)
		}
		files = append(files, artifact.File{Name: "completions/mapjob." + shell, Content: script})
	}
	for platform, path := range m.binaries {
		binary, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		packed, err := artifact.Archive(m.name(platform), m.plan.changed, append(files[:len(files):len(files)], artifact.File{Name: "mapjob", Content: binary, Executable: true}))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(m.assets, m.name(platform)+".tar.gz"), packed, 0o644); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d archives with notices of %d modules", len(m.binaries), len(m.modules)), os.WriteFile(m.asset("notices.txt"), notices.Content, 0o644)
}

func (m *making) describe(ctx context.Context) (string, error) {
	maker, err := sbom.NewMaker(ctx, m.folder)
	if err != nil {
		return "", err
	}
	clone := filepath.Join(m.folder, "clone")
	if err := m.checkout.clone(ctx, clone, m.plan.commit, m.plan.version); err != nil {
		return "", err
	}
	document, err := maker.Module(ctx, clone, m.plan.version)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(m.asset("module.cdx.json"), document, 0o644); err != nil {
		return "", err
	}
	for platform, path := range m.binaries {
		document, err := maker.Binary(ctx, path, m.plan.version, filepath.Join(clone, sbom.Page))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(m.assets, m.name(platform)+".cdx.json"), document, 0o644); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d documents, valid by CycloneDX's schema", 1+len(m.binaries)), nil
}

func (m *making) sum(context.Context) (string, error) {
	if err := os.WriteFile(filepath.Join(filepath.Dir(m.assets), "notes.md"), []byte(m.plan.section.Notes()), 0o644); err != nil {
		return "", err
	}
	if err := artifact.WriteSums(m.assets); err != nil {
		return "", err
	}
	files, err := os.ReadDir(m.assets)
	return fmt.Sprintf("%d files in %s", len(files), m.assets), err
}

// asset returns the path of a file that is published once for all platforms.
func (m *making) asset(name string) string {
	return filepath.Join(m.assets, "mapjob_"+m.plan.number+"_"+name)
}

func (m *making) name(platform string) string {
	return "mapjob_" + m.plan.number + "_" + strings.ReplaceAll(platform, "/", "_")
}

// conclude says what to do next.
func (m *making) conclude(tagged bool) {
	for _, note := range m.plan.notes {
		fmt.Fprintln(m.out, "not checked:", note)
	}
	fmt.Fprintf(m.out, "%s is ready: commit %.12s, %s\n", m.plan.version, m.plan.commit, m.hash)
	if tagged {
		return
	}
	fmt.Fprintf(m.out, `Nothing is tagged or pushed. To publish it, type

	git tag -a %[1]s -m "mapjob %[1]s" %.12[2]s
	git push origin %[1]s

.github/workflows/release.yml makes the files of dist again and attaches them to the release.
`, m.plan.version, m.plan.commit)
}
