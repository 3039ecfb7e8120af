package parts

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/synthesis"
)

// makeAssembly synthesizes the app into a folder, or uses an assembly again if
// nothing that the app reads has changed.
func (p *Parts) makeAssembly(ctx context.Context, folder string) error {
	app, err := synthesis.New(p.Flags.App, p.Flags.Context)
	if err != nil {
		return err
	}
	notKept, err := p.useOrMake(ctx, app, folder)
	if p.Observed != nil {
		p.Observed(app, notKept, err)
	}
	return err
}

func (p *Parts) useOrMake(ctx context.Context, app *synthesis.App, folder string) (notKept, err error) {
	cache := synthesis.Cache{Folder: filepath.Join(".mapjob", "assemblies")}
	if !p.Flags.NoCache && cache.Use(app, folder) {
		p.Progress.Say("the app is not synthesized: nothing that it reads has changed")
		return nil, nil
	}
	if _, err := os.Stat(cache.Folder); errors.Is(err, fs.ErrNotExist) {
		p.Progress.Say("synthesizing the app for the first time, which may take minutes: the CDK is compiled")
	} else {
		p.Progress.Say("synthesizing the app")
	}
	notKept, err = cache.Make(ctx, app, folder)
	if err == nil && notKept != nil {
		p.Progress.Say("the app will be synthesized again next time: %v", notKept)
	}
	return notKept, err
}
