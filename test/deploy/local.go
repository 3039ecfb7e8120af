package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mapjob/mapjob/test/deploy/engine"
	"github.com/mapjob/mapjob/test/deploy/standin"
	"github.com/mapjob/mapjob/test/moto"
)

// runLocally checks the apps in an account on this machine, and says what that can't check.
func runLocally(ctx context.Context, apps []*app, program, folder string) error {
	var c *check
	local, err := standin.Start(ctx, standin.Options{Moto: program, Folder: folder, Orders: "Invoicing-OrdersA9B65338",
		Engine: func(ctx context.Context, orders string) (*engine.Engine, error) {
			return engine.Serve(ctx, c.command, c.project.Folder, "--seed", "Orders="+orders)
		}})
	if err != nil {
		return err
	}
	defer local.Stop()
	for name, value := range moto.Env(local.URL) {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	if c, err = newCheck(ctx, os.Stdout, folder, moto.Account); err != nil {
		return err
	}
	if err := refuseAccount(ctx, local); err != nil {
		return err
	}
	c.around, c.patience, c.pause, c.poll = c.seeLies(local), time.Second, 200*time.Millisecond, 200*time.Millisecond
	if err := c.all(ctx, apps); err != nil {
		if trace := local.Trace(); trace != "" {
			err = fmt.Errorf("%w\nmoto failed:\n%s", err, trace)
		}
		return err
	}
	if len(apps) < len(allApps()) {
		return nil
	}
	lines, err := local.NotChecked()
	fmt.Fprintln(c.out, strings.Join(append(lines,
		"NOT CHECKED, moto can't run a job or roll back: the engine ran the job, and a patch of moto rolled the stack back"), "\n"))
	return err
}
