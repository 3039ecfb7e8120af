// Package sbom writes bills of materials: CycloneDX documents that list what the module
// and its binaries are made of.
package sbom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/mapjob/mapjob/test/release/licenses"
	"github.com/mapjob/mapjob/test/release/tool"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The tool, and the module that has the schemas of its documents.
const (
	command, commandVersion = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod", "v1.10.0"
	schemas, schemasVersion = "github.com/CycloneDX/cyclonedx-go", "v0.9.3"
	specification           = "1.6"
)

// options leave out what differs each time. They do not detect licenses, because the
// tool takes a common form of BSD-3-Clause for BSD-Source-Code: see [license].
var options = []string{"-json", "-std", "-noserial", "-notimestamp", "-output-version", specification}

// Maker writes documents.
type Maker struct {
	tool   tool.Tool
	schema *jsonschema.Schema
}

// NewMaker installs the tool into a folder.
func NewMaker(ctx context.Context, folder string) (*Maker, error) {
	t, err := tool.Install(ctx, folder, command, commandVersion)
	if err != nil {
		return nil, err
	}
	schema, err := newSchema(ctx)
	return &Maker{t, schema}, err
}

// Module describes a module and all modules that its packages need. Checkout is a clone
// in which the commit has the version as its tag.
func (m *Maker) Module(ctx context.Context, checkout, version string) ([]byte, error) {
	return m.make(ctx, checkout, version, append([]string{"mod", "-type", "library"}, append(options, checkout)...))
}

// Binary describes what a binary is made of: modules, and the libraries of npm in the
// folder page, which it embeds.
func (m *Maker) Binary(ctx context.Context, path, version, page string) ([]byte, error) {
	document, err := m.make(ctx, filepath.Dir(path), version, append([]string{"bin", "-version", version}, append(options, path)...))
	if err != nil {
		return nil, err
	}
	parts, err := vendored(page)
	if err == nil {
		document, err = embed(document, parts)
	}
	if err == nil {
		err = check(document, version, m.schema)
	}
	if err != nil {
		return nil, fmt.Errorf("the bill of materials of %s, with %s: %w", path, page, err)
	}
	return document, nil
}

func (m *Maker) make(ctx context.Context, folder, version string, args []string) ([]byte, error) {
	out, problems, err := m.tool.Run(ctx, folder, nil, args...)
	if err != nil {
		return nil, err
	}
	document, err := license([]byte(out), licenses.Cached)
	if err == nil {
		err = check(document, version, m.schema)
	}
	if err != nil {
		return nil, fmt.Errorf("the bill of materials of %s: %w\n%s", args[len(args)-1], err, problems)
	}
	return document, nil
}

// license adds the licenses of the components to a document.
func license(document []byte, of func(path, version string) ([]string, error)) ([]byte, error) {
	var content map[string]any
	if err := json.Unmarshal(document, &content); err != nil {
		return nil, err
	}
	components, _ := content["components"].([]any)
	for _, c := range components {
		component, _ := c.(map[string]any)
		name, _ := component["name"].(string)
		version, _ := component["version"].(string)
		found, err := of(name, version)
		if err != nil {
			return nil, err
		}
		component["licenses"] = licensesOf(found...)
	}
	licensed, err := json.MarshalIndent(content, "", "  ")
	return append(licensed, '\n'), err
}

// check checks a document against the schema, and that it describes a version and says
// which licenses its components have.
func check(document []byte, version string, schema *jsonschema.Schema) error {
	content, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	if err := schema.Validate(content); err != nil {
		return err
	}
	type component struct {
		Name, Version string
		Licenses      []any
	}
	var described struct {
		SpecVersion string
		Metadata    struct{ Component component }
		Components  []component
	}
	if err := json.Unmarshal(document, &described); err != nil {
		return err
	}
	if described.SpecVersion != specification {
		return fmt.Errorf("got version %s of the specification, expected %s", described.SpecVersion, specification)
	}
	if got := described.Metadata.Component.Version; got != version {
		return fmt.Errorf("got version %q of %s, expected %s", got, described.Metadata.Component.Name, version)
	}
	if len(described.Components) == 0 {
		return errors.New("got no components")
	}
	for _, c := range described.Components {
		if c.Version == "" || len(c.Licenses) == 0 {
			return fmt.Errorf("got component %s with version %q and %d licenses, expected both", c.Name, c.Version, len(c.Licenses))
		}
	}
	return nil
}

// newSchema compiles CycloneDX's schema, which comes with the library of the tool.
func newSchema(ctx context.Context) (*jsonschema.Schema, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", schemas+"@"+schemasVersion)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	cmd.Dir, cmd.Env = os.TempDir(), append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go mod download %s@%s: %w\n%s%s", schemas, schemasVersion, err, out, &problem)
	}
	var downloaded struct{ Dir string }
	if err := json.Unmarshal(out, &downloaded); err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	for address, file := range map[string]string{
		"http://cyclonedx.org/schema/bom-" + specification + ".schema.json": "bom-" + specification + ".schema.json",
		"http://cyclonedx.org/schema/spdx.schema.json":                      "spdx.schema.json",
		"http://cyclonedx.org/schema/jsf-0.82.schema.json":                  "jsf-0.82.schemax.json",
	} {
		text, err := os.ReadFile(filepath.Join(downloaded.Dir, "schema", file))
		if err != nil {
			return nil, err
		}
		content, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if err := compiler.AddResource(address, content); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return compiler.Compile("http://cyclonedx.org/schema/bom-" + specification + ".schema.json")
}
