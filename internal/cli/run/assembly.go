package run

import (
	"context"
	"path/filepath"

	"github.com/mapjob/mapjob/internal/synthesis"
)

// makeAssembly synthesizes the app into a folder, or uses an assembly again if
// nothing that the app reads has changed.
func (r *run) makeAssembly(ctx context.Context, folder string) error {
	app, err := synthesis.New(r.command.App, r.command.Context)
	if err != nil {
		return err
	}
	again, err := r.useOrMake(ctx, app, folder)
	if r.watched != nil {
		r.watched.synthesized(app, again, err)
	}
	return err
}

func (r *run) useOrMake(ctx context.Context, app *synthesis.App, folder string) (again, err error) {
	cache := synthesis.Cache{Folder: filepath.Join(".mapjob", "assemblies")}
	if !r.command.NoCache && cache.Use(app, folder) {
		r.progress.Say("the app is not synthesized: nothing that it reads has changed")
		return nil, nil
	}
	r.progress.Say("synthesizing the app")
	again, err = cache.Make(ctx, app, folder)
	if err == nil && again != nil {
		r.progress.Say("the app will be synthesized again next time: %v", again)
	}
	return again, err
}
