package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/test/deploy/account"
	"github.com/mapjob/mapjob/test/deploy/arrived"
	"github.com/mapjob/mapjob/test/deploy/project"
	"github.com/mapjob/mapjob/test/moduleroot"
	"github.com/mapjob/mapjob/test/moto"
)

// check is one run of this command.
type check struct {
	out     io.Writer
	said    strings.Builder
	root    string // of the repository
	folder  string // of what the run writes
	project *project.Project
	account *account.Account
	moto    *moto.Server // nil on AWS
	clients *arrived.Clients
	states  map[string]*arrived.Stack // of the apps, by name
	found   findings

	deployments int // to moto
}

func run(ctx context.Context, apps []*app, program, id string) (failed error) {
	root, err := moduleroot.Find()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "mapjob-deploy-")
	if err != nil {
		return err
	}
	c := &check{out: os.Stdout, root: root, folder: folder, states: map[string]*arrived.Stack{},
		found: newFindings()}
	defer func() { failed = errors.Join(failed, os.RemoveAll(folder)) }()
	if id != "" {
		c.account, err = account.OfAWS(ctx, id)
	} else if c.moto, err = moto.Start(ctx, moto.Options{Program: program, Folder: folder, Patches: []string{moto.ChangeSets}}); err == nil {
		defer c.moto.Stop()
		c.account = account.OfMoto(c.moto)
	}
	if err != nil {
		return err
	}
	c.clients = arrived.NewClients(c.account.Config, c.account.ID, c.account.Moto)
	if !c.account.Moto {
		if err := c.announce(ctx, apps); err != nil {
			return err
		}
		defer func() {
			if failed != nil {
				asking, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
				defer stop()
				c.remains(asking, apps)
			}
		}()
	}
	if c.project, err = project.Copy(root, filepath.Join(folder, "mapjob")); err != nil {
		return err
	}
	err = c.all(ctx, apps)
	if err != nil && c.moto != nil && c.moto.Trace() != "" {
		err = fmt.Errorf("%w\nmoto failed:\n%s", err, c.moto.Trace())
	}
	return err
}

// all does everything, one step after the other.
func (c *check) all(ctx context.Context, apps []*app) error {
	if err := c.step(ctx, "bootstrap "+c.account.Environment(), func() error { return c.bootstrap(ctx, apps[0]) }); err != nil {
		return err
	}
	each := func(what string, do func(context.Context, *app) error) error {
		for _, a := range apps {
			if err := c.step(ctx, fmt.Sprintf(what, a.name), func() error { return do(ctx, a) }); err != nil {
				return err
			}
		}
		return nil
	}
	if err := each("deploy %s", c.first); err != nil {
		return err
	}
	if len(apps) == len(allApps()) {
		if err := c.step(ctx, "see what was left out", c.leftOut); err != nil {
			return err
		}
	}
	if err := each("deploy %s again", c.again); err != nil {
		return err
	}
	job := slices.IndexFunc(apps, func(a *app) bool { return a.name == mapJob })
	if job >= 0 {
		if err := c.job(ctx, apps[job]); err != nil {
			return err
		}
	}
	if err := each("destroy %s", c.destroy); err != nil {
		return err
	}
	if c.account.Moto {
		fmt.Fprintln(c.out, "NOT CHECKED, moto can't roll back: it leaves a stack that can't be read or deployed any more, so no broken change is deployed to it")
	}
	return nil
}

// job runs a job, changes its stack, and on AWS breaks it.
func (c *check) job(ctx context.Context, a *app) error {
	if err := c.step(ctx, "run the job of "+a.name, func() error { return c.runJob(ctx, a) }); err != nil {
		return err
	}
	if err := c.step(ctx, "deploy a change of "+a.name, func() error { return c.change(ctx, a) }); err != nil || c.account.Moto {
		return err
	}
	return c.step(ctx, "deploy a broken change of "+a.name, func() error { return c.broken(ctx, a) })
}

// mapJob is the name of the app that is changed and run.
const mapJob = "map-job"

// named returns the apps with names, separated by commas; all, if there are none.
func named(names string) ([]*app, error) {
	all := allApps()
	if names == "" {
		return all, nil
	}
	var found []*app
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(a *app) bool { return a.name == name })
		if i < 0 {
			var known []string
			for _, a := range all {
				known = append(known, a.name)
			}
			return nil, fmt.Errorf("-apps: got %q, expected some of %s", name, strings.Join(known, ", "))
		}
		found = append(found, all[i])
	}
	return found, nil
}

// allApps returns the apps that are deployed: every architecture of the sample, and a
// module of its own.
func allApps() []*app {
	// The sample's orders and invoices stay, and so do a job's results: docs/job.md, "What stays".
	shop := []string{"AccessLogs8B620ECA", "InvoicesF0222E8D", "OrdersA9B65338"}
	return []*app{
		{name: "event-handler", context: "architecture=event-handler", stack: "EventHandler", stays: shop},
		{name: "queue-fanout", context: "architecture=queue-fanout", stack: "QueueFanout", stays: shop},
		{name: "tracked-fanout", context: "architecture=tracked-fanout", stack: "TrackedFanout", stays: append([]string{"JobsDF1CC2D4"}, shop...)},
		{name: mapJob, context: "architecture=map-job", stack: "Invoicing", stays: append([]string{"InvoicingResults6F759930"}, shop...)},
		{name: "examples", folder: "examples", stack: "Greetings", stays: []string{"GreetResults7710B121"}},
	}
}

// bootstrap prepares the account for the CDK. One of AWS that is prepared is left alone.
func (c *check) bootstrap(ctx context.Context, a *app) error {
	exists, err := arrived.Exists(ctx, c.clients, "CDKToolkit")
	if err != nil {
		return err
	}
	if !exists {
		if _, err := c.cdk(ctx, a, "bootstrap", c.account.Environment()); err != nil {
			return err
		}
	}
	s, err := arrived.Read(ctx, c.clients, "CDKToolkit")
	if err != nil {
		return err
	}
	if s.Status != "CREATE_COMPLETE" && (!exists || s.Status != "UPDATE_COMPLETE") {
		return fmt.Errorf("got stack CDKToolkit in status %s", s.Status)
	}
	bucket := s.Resources["StagingBucket"]
	if bucket == nil {
		return fmt.Errorf("got the resources %v of CDKToolkit, expected StagingBucket", s.Resources)
	}
	_, err = c.clients.S3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket.PhysicalID})
	return err
}

// first deploys a stack that is not there, and compares it with its template.
func (c *check) first(ctx context.Context, a *app) error {
	if _, err := c.deploy(ctx, a); err != nil {
		return err
	}
	return c.arrived(ctx, a, "CREATE_COMPLETE")
}

// arrived compares the stack of an app with its template, and keeps its state.
func (c *check) arrived(ctx context.Context, a *app, status string) error {
	of, err := c.template(a)
	if err != nil {
		return err
	}
	s, err := arrived.Read(ctx, c.clients, a.stack)
	if err != nil {
		return err
	}
	if s.Status != status {
		return fmt.Errorf("got stack %s in status %s, expected %s", a.stack, s.Status, status)
	}
	found, err := arrived.Compare(ctx, c.clients, s, of)
	if err != nil {
		return err
	}
	c.states[a.name] = s
	c.found.add(a.stack, found, c.account.Moto)
	if unexpected := c.found.unexpected; len(unexpected) > 0 {
		return fmt.Errorf("got other resources than the template has:\n%s", strings.Join(unexpected, "\n"))
	}
	c.say("%d resources and %d properties are as in the template", found.Resources, found.Properties-len(found.Differ))
	return nil
}
