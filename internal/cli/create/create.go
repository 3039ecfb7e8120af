// Package create creates a job in a folder: mapjob init.
package create

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/internal/cli/terminal"
	"github.com/mapjob/mapjob/internal/typed"
)

// Command is mapjob init.
type Command struct {
	Module string `help:"Path of the module to create, if the folder is in none. Default: example.com/ and the folder's name." placeholder:"PATH"`
	Job    string `help:"Name of the job and its stack." default:"Nightly" placeholder:"NAME"`
	Folder string `help:"Folder of the job's Go code." default:"." placeholder:"FOLDER"`
	Mapjob string `help:"Version of mapjob that the module requires, or the folder of a checkout. Default: that of this command." placeholder:"VERSION or FOLDER"`
}

// Run writes the files, adds what they import to go.mod, and installs the CDK's
// command line. Run again, it does what is left.
func (c *Command) Run(ctx context.Context, streams *terminal.Streams) error {
	if err := c.checkNames(); err != nil {
		return err
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	progress := terminal.NewProgress(streams.Err)
	run := commands{folder: here}
	m, err := findModule(ctx, run, here, c.Module)
	if err != nil {
		return err
	}
	required, err := m.requirement(ctx, run, c.Mapjob)
	if err != nil {
		return err
	}
	all, err := files(m.prefix(here, c.Folder), c.Job, c.Folder)
	if err != nil {
		return err
	}
	if err := checkFolders(all); err != nil {
		return err
	}
	if !m.exists {
		if err := m.create(ctx, run); err != nil {
			return err
		}
		fmt.Fprintln(streams.Out, "created  go.mod")
	}
	for _, f := range all {
		done, err := f.write()
		if err != nil {
			return err
		}
		fmt.Fprintln(streams.Out, done)
	}

	progress.Say("adding mapjob and the CDK to go.mod")
	if err := m.require(ctx, run, here, required); err != nil {
		return fmt.Errorf("go.mod is not complete, but the files are written: run mapjob init again, with a connection to the Go proxy\n%w", err)
	}
	progress.Say("installing the CDK's command line")
	if err := run.do(ctx, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error"); err != nil {
		progress.Say("%v\n`npx cdk` needs it, and mapjob run does not: run npm install later", err)
	}
	if ctx.Err() != nil { // not that Node.js is missing
		return ctx.Err()
	}
	if err := run.do(ctx, "node", "--version"); err != nil {
		progress.Say("%v\nevery CDK app needs Node.js 22 or newer: install it from your system's packages or nodejs.org", err)
	}
	fmt.Fprintln(streams.Out, "\nnext:", typed.Command(toRun(all)...))
	return ctx.Err()
}

func (c *Command) checkNames() error {
	var problems []error
	if !isName(c.Job) {
		problems = append(problems, fmt.Errorf("--job: got %q, expected a capital letter and up to 39 letters and digits, such as Nightly", c.Job))
	}
	if !filepath.IsLocal(c.Folder) {
		problems = append(problems, fmt.Errorf("--folder: got %q, expected a folder below this one, such as jobs", c.Folder))
	} else if slashed := path.Clean(filepath.ToSlash(c.Folder)); slashed != "." {
		for element := range strings.SplitSeq(slashed, "/") {
			if !isFolder(element) {
				problems = append(problems, fmt.Errorf("--folder: got %q, expected names of lower-case letters and digits that begin with a letter: they become Go import paths", c.Folder))
				break
			}
		}
	}
	return errors.Join(problems...)
}

// isName reports whether name can be a stack of the CDK and part of a Go name.
func isName(name string) bool {
	for i, r := range name {
		capital, letter, digit := 'A' <= r && r <= 'Z', 'a' <= r && r <= 'z', '0' <= r && r <= '9'
		if !capital && (i == 0 || !letter && !digit) {
			return false
		}
	}
	return name != "" && len(name) <= 40
}

// isFolder reports whether the go command finds packages in a folder of that
// name, and other modules may import them.
func isFolder(name string) bool {
	for i, r := range name {
		letter, digit := 'a' <= r && r <= 'z', '0' <= r && r <= '9'
		if !letter && (i == 0 || !digit) {
			return false
		}
	}
	return name != "" && name != "internal" && name != "vendor" && name != "testdata"
}
