// Command owned counts what a team owns with each of the four architectures of
// the sample, and writes it as a Markdown table:
//
//	go run ./test/architectures/owned
//
// handlers are lines of code of the Lambda functions, without blank lines,
// comments and tests. workflow are those of them that are there because the
// work is spread, tried again, counted or put together again: they are marked
// in the code (see source.go). functions and resources are those of the
// synthesized template. IAM statements are those that its roles' policies have.
//
// The kit's and the constructs' code is not counted: no team owns it.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// architecture is one of the four. The context of the app has its name.
type architecture struct {
	name string
	// mains are the folders of the functions' main packages, and more the other
	// folders and files that are theirs, all below lambdas.
	mains, more []string
}

// shared is the business, which is the same in all architectures.
var shared = []string{"invoicing/order.go", "invoicing/due.go", "invoicing/invoices.go"}

var architectures = []architecture{
	{"event-handler", []string{"eventhandler"}, nil},
	{"queue-fanout", []string{"queuefanout/producer", "queuefanout/consumer"}, nil},
	{"tracked-fanout", []string{"trackedfanout/producer", "trackedfanout/consumer", "trackedfanout/summary"}, []string{"trackedfanout/tracking"}},
	{"map-job", []string{"jobstart", "worker", "summary"}, []string{"invoicing/revenue.go"}},
}

// sources are the files and folders of an architecture, in the module.
func (a *architecture) sources() []string {
	var list []string
	for _, paths := range [][]string{a.mains, a.more, shared} {
		for _, path := range paths {
			list = append(list, filepath.Join("lambdas", path))
		}
	}
	return list
}

// figures are what there is of one architecture.
type figures struct {
	lines
	resources
}

func main() {
	root, err := moduleRoot()
	if err == nil {
		err = report(os.Stdout, root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// moduleRoot is the folder of this module's go.mod.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("looking for the module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// report counts and writes the table.
func report(w io.Writer, root string) error {
	var counted []figures
	for _, a := range architectures {
		f, err := a.count(root)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		counted = append(counted, f)
	}
	return table(w, counted)
}

// count counts one architecture.
func (a *architecture) count(root string) (f figures, err error) {
	if f.lines, err = countLines(root, a.sources()); err != nil {
		return f, err
	}
	template, err := synthesize(root, a.name)
	if err != nil {
		return f, err
	}
	if f.resources, err = countResources(template); err != nil {
		return f, err
	}
	if f.functions != len(a.mains) {
		err = fmt.Errorf("got %d functions in the template, expected one for each of %s: the list of their folders is out of date",
			f.functions, strings.Join(a.mains, ", "))
	}
	return f, err
}

// table writes what was counted, in the order of architectures.
func table(w io.Writer, counted []figures) error {
	text := "| architecture   | handlers | workflow | functions | resources | IAM statements |\n" +
		"| -------------- | -------: | -------: | --------: | --------: | -------------: |\n"
	for i, f := range counted {
		text += fmt.Sprintf("| %-14s | %8d | %8d | %9d | %9d | %14d |\n", architectures[i].name, f.code, f.workflow, f.functions, f.all, f.statements)
	}
	_, err := io.WriteString(w, text)
	return err
}
