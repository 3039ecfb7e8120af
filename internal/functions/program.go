package functions

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/runtimes"
	"github.com/mapjob/mapjob/internal/template"
)

// program is how to start a function, and the folder in which it runs.
type program struct {
	*runtimes.Program
	folder string
}

// program returns how to start a function: with the given command, or with its
// code.
func (r *reader) program(runtime, handler string) (*program, error) {
	if r.given.command != "" {
		folder, err := os.Getwd()
		return &program{&runtimes.Program{Command: []string{"sh", "-c", r.given.command}}, folder}, err
	}
	if r.built != "" {
		return &program{&runtimes.Program{Command: []string{r.built}}, filepath.Dir(r.built)}, nil
	}
	code := runtimes.Code{Runtime: runtime, Handler: handler}
	var err error
	switch {
	case !r.resource.Has("Runtime"):
		return nil, r.give(errors.New("it is a container image"))
	case !runtimes.Known(runtime):
		return nil, r.give(fmt.Errorf("runtime %s, expected provided.al2023, nodejs or python", runtime))
	}
	if code.Folder, err = r.code(runtime); err != nil {
		return nil, err
	}
	if code.Layers, err = r.layers(); err != nil {
		return nil, err
	}
	found, err := runtimes.Find(code)
	if err != nil {
		return nil, err
	}
	return &program{found, code.Folder}, nil
}

// give adds to a reason what users can do about a function.
func (r *reader) give(reason error) error {
	name := r.stack.ShortName(r.resource)
	return fmt.Errorf("%w: give it with --stub %s=FILE or --function %s=COMMAND", reason, name, name)
}

// code returns the folder of a function's code.
func (r *reader) code(runtime string) (string, error) {
	var p struct {
		Code struct{ S3Key, ZipFile string }
	}
	if err := r.resource.Decode(&p); err != nil {
		return "", err
	}
	if p.Code.ZipFile == "" {
		return r.asset(r.resource, p.Code.S3Key)
	}
	// Code in the template is a file index.
	folder, err := r.codeFolder(r.resource)
	if err != nil {
		return "", err
	}
	name := "index.py"
	if strings.HasPrefix(runtime, "nodejs") {
		name = "index.js"
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, name), []byte(p.Code.ZipFile), 0o600)
}

// asset returns the folder of an asset, which it unpacks if that is an archive.
func (r *reader) asset(of *template.Resource, key string) (string, error) {
	path, ok := r.stack.Asset(key)
	if !ok {
		return "", r.give(fmt.Errorf("got code %q, expected an asset of the assembly", key))
	}
	into, err := r.codeFolder(of)
	if err != nil {
		return "", err
	}
	return runtimes.Unpack(path, into)
}

// codeFolder returns the path of a folder of the run for a function or a layer.
func (r *reader) codeFolder(of *template.Resource) (string, error) {
	return filepath.Abs(filepath.Join(r.options.Folder, r.stack.ShortName(of)))
}

// layers returns the folders of a function's layers. A layer that is no resource
// of the app is ignored.
func (r *reader) layers() ([]string, error) {
	var p struct{ Layers []string }
	if err := r.resource.Decode(&p); err != nil {
		return nil, err
	}
	var folders []string
	for _, arn := range p.Layers {
		layer := r.layer(arn)
		if layer == nil {
			r.found.Ignored = append(r.found.Ignored, fmt.Sprintf("a layer of %s is not of this app, and is ignored: %s", r.stack.ShortName(r.resource), arn))
			continue
		}
		folder, err := r.layerFolder(layer)
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", r.stack.ShortName(layer), err)
		}
		folders = append(folders, folder)
	}
	return folders, nil
}

// layerFolder returns the folder of a layer. Functions that share the layer share
// the folder, or the error.
func (r *reader) layerFolder(layer *template.Resource) (string, error) {
	known, ok := r.layered[layer]
	if !ok {
		var p struct{ Content struct{ S3Key string } }
		if known.err = layer.Decode(&p); known.err == nil {
			known.folder, known.err = r.asset(layer, p.Content.S3Key)
		}
		r.layered[layer] = known
	}
	return known.folder, known.err
}

func (r *reader) layer(arn string) *template.Resource {
	for _, layer := range r.stack.Resources("AWS::Lambda::LayerVersion") {
		if layer.ARN() == arn {
			return layer
		}
	}
	return nil
}
