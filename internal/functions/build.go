package functions

import (
	"context"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/gobuild"
	"github.com/mapjob/mapjob/internal/protocol"
	"github.com/mapjob/mapjob/internal/template"
)

// builder builds the functions whose packages the template names.
type builder struct {
	stack    *template.Stack
	options  *Options
	packages map[*template.Resource]gobuild.Package
}

// build builds all functions together. If that fails, it builds each on its own:
// failed says why those do not build that are to blame. Executables are in the
// run's own folder: another run that builds changed sources does not change them.
func (b *builder) build(ctx context.Context) (executables map[*template.Resource]string, failed map[*template.Resource]error, err error) {
	executables, failed = map[*template.Resource]string{}, map[*template.Resource]error{}
	var all []gobuild.Package
	for _, p := range b.packages {
		all = append(all, p)
	}
	built, err := gobuild.Host().Build(ctx, all, b.options.Built)
	if ctx.Err() != nil {
		return nil, nil, err
	}
	for r, p := range b.packages {
		one := built
		if err != nil {
			var alone error
			one, alone = gobuild.Host().Build(ctx, []gobuild.Package{p}, b.options.Built)
			if ctx.Err() != nil {
				return nil, nil, alone
			}
			if alone != nil {
				failed[r] = alone
				continue
			}
		}
		path, err := filepath.Abs(filepath.Join(b.options.Folder, b.stack.ShortName(r), "bootstrap"))
		if err == nil {
			err = gobuild.Place(one[p], path)
		}
		if err != nil {
			return nil, nil, err
		}
		executables[r] = path
	}
	return executables, failed, nil
}

// named lists the packages of functions, without those of functions that something
// else replaces.
func (b *builder) named() error {
	b.packages = map[*template.Resource]gobuild.Package{}
	for _, r := range all(b.stack) {
		if g := b.options.Replacements.get(r); g.stub != nil || g.command != "" {
			continue
		}
		var p gobuild.Package
		named, err := r.Metadata(protocol.PackageMetadata, &p)
		if err != nil {
			return err
		}
		if named {
			b.packages[r] = p
		}
	}
	return nil
}
