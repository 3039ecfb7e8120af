package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/mapjob/mapjob/test/deploy/account"
	"github.com/mapjob/mapjob/test/deploy/arrived"
	"github.com/mapjob/mapjob/test/deploy/engine"
	"github.com/mapjob/mapjob/test/deploy/execution"
	"github.com/mapjob/mapjob/test/deploy/project"
	"github.com/mapjob/mapjob/test/moduleroot"
)

// check is one run of this command.
type check struct {
	out      io.Writer
	said     strings.Builder
	root     string // of the repository
	folder   string // of what the run writes
	command  string // mapjob
	project  *project.Project
	account  *account.Account
	clients  *arrived.Clients
	states   map[string]*arrived.Stack // of the apps, by name
	notRead  seen
	began    bool // to create something
	edited   bool
	before   *arrived.Stack       // the job's, before it is changed
	expected *execution.Structure // of the job

	around          func(ctx context.Context, s step, do func() error) error
	patience, pause time.Duration // with what is deleted and still seen
	poll            time.Duration // of an execution
}

// newCheck prepares a run in an account. The folder must exist.
func newCheck(ctx context.Context, out io.Writer, folder, id string) (*check, error) {
	root, err := moduleroot.Find()
	if err != nil {
		return nil, err
	}
	c := &check{out: out, root: root, folder: folder, states: map[string]*arrived.Stack{}, notRead: seen{}, patience: 3 * time.Minute, pause: 10 * time.Second, poll: time.Second,
		around: func(_ context.Context, _ step, do func() error) error { return do() }}
	if c.account, err = account.Of(ctx, id); err != nil {
		return nil, err
	}
	c.clients = arrived.NewClients(c.account.Config, c.account.ID)
	if c.project, err = project.Copy(root, filepath.Join(folder, "mapjob")); err != nil {
		return nil, err
	}
	c.command, err = engine.Build(ctx, root, filepath.Join(folder, "bin"))
	return c, err
}

// run checks the apps in an account of AWS.
func run(ctx context.Context, out io.Writer, apps []*app, folder, id string) error {
	c, err := newCheck(ctx, out, folder, id)
	if err != nil {
		return err
	}
	c.announce(apps)
	if err = c.all(ctx, apps); err != nil && c.began {
		asking, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer stop()
		c.remains(asking, apps)
	}
	return err
}

// all does everything, one step after the other.
func (c *check) all(ctx context.Context, apps []*app) error {
	for _, s := range c.steps(apps) {
		if err := c.step(ctx, s); err != nil {
			return err
		}
	}
	return c.notRead.print(c.out, len(apps) == len(allApps()))
}

// step is one thing that is done and checked.
type step struct {
	what string
	app  *app // nil if it is about all
	do   func(context.Context, *app) error
}

func (s step) String() string {
	if s.app == nil {
		return s.what
	}
	return s.what + " " + s.app.name
}

func (c *check) steps(apps []*app) (steps []step) {
	add := func(what string, a *app, do func(context.Context, *app) error) {
		steps = append(steps, step{what, a, do})
	}
	each := func(what string, do func(context.Context, *app) error) {
		for _, a := range apps {
			add(what, a, do)
		}
	}
	status := func(check func(context.Context, *app, string) error, status string) func(context.Context, *app) error {
		return func(ctx context.Context, a *app) error { return check(ctx, a, status) }
	}
	add("see that no stack is there", nil, func(ctx context.Context, _ *app) error { return c.none(ctx, apps) })
	add("bootstrap", nil, func(ctx context.Context, _ *app) error { return c.bootstrap(ctx, apps[0]) })
	each("deploy", c.deploy)
	each("compare", status(c.arrived, "CREATE_COMPLETE"))
	each("diff", c.same)
	each("deploy again", c.again)
	each("compare again", status(c.unchanged, "CREATE_COMPLETE"))
	add("validate the definitions", nil, func(ctx context.Context, _ *app) error { return c.validate(ctx) })
	if job := slices.IndexFunc(apps, func(a *app) bool { return a.name == mapJob }); job >= 0 {
		job := apps[job]
		add("run with the engine", job, c.expect)
		add("fill the table of", job, c.fill)
		add("run", job, c.sameAsExpected)
		add("diff a change of", job, c.edit)
		add("deploy a change of", job, c.redeploy)
		add("compare the change of", job, status(c.arrived, "UPDATE_COMPLETE"))
		add("see what changed in", job, c.onlyEdited)
		add("synthesize a broken change of", job, c.breaks)
		add("deploy a broken change of", job, c.refused)
		add("compare the broken change of", job, status(c.unchanged, "UPDATE_ROLLBACK_COMPLETE"))
		add("deploy after it", job, c.redeploy)
		add("compare after it", job, c.restored)
	}
	each("destroy", c.destroy)
	each("see what stays of", func(ctx context.Context, a *app) error { return c.stays(ctx, a, a.stays) })
	each("delete what stays of", c.empty)
	each("see that nothing stays of", func(ctx context.Context, a *app) error { return c.stays(ctx, a, nil) })
	return steps
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
		{name: "consumer", folder: "consumer", stack: "Shop", stays: []string{"OrdersA9B65338", "GreetResults7710B121"}},
		{name: "examples", folder: "examples", stack: "Greetings", stays: []string{"GreetResults7710B121"}},
	}
}

// bootstrap prepares the account for the CDK. One of AWS that is prepared is left alone.
func (c *check) bootstrap(ctx context.Context, a *app) error {
	exists, err := arrived.Exists(ctx, c.clients, "CDKToolkit")
	if err != nil {
		return err
	}
	c.began = true
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
	if unexpected := c.notRead.add(a.stack, found); len(unexpected) > 0 {
		return fmt.Errorf("got other resources than the template has:\n%s", strings.Join(unexpected, "\n"))
	}
	c.before, c.states[a.name] = c.states[a.name], s
	c.say("%d resources and %d properties are as in the template", found.Resources, found.Properties)
	return nil
}
