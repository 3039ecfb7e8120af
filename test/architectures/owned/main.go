// Command owned counts what a team owns with each of the four architectures of
// the sample, and writes it as a Markdown table:
//
//	go run ./test/architectures/owned
//
// The column handlers counts the lines of code of the Lambda functions, without
// blank lines, comments and tests. The column workflow counts those of them that
// exist because the work is spread, retried, counted or put together again, as
// listed in workflow.txt. The other columns count the functions, the resources
// and the statements of IAM policies in the synthesized template.
//
// The code of the kit and of the constructs is not counted: no team owns it.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mapjob/mapjob/test/moduleroot"
)

// architecture is one of the four.
type architecture struct {
	name string // in the context of the app
	// mains are the folders of the functions' main packages, and more are their
	// other folders and files, all below lambdas.
	mains, more []string
}

// shared is the business code that all architectures use.
var shared = []string{"invoicing/order.go", "invoicing/due.go", "invoicing/invoices.go"}

var architectures = []architecture{
	{"event-handler", []string{"eventhandler"}, nil},
	{"queue-fanout", []string{"queuefanout/producer", "queuefanout/consumer"}, nil},
	{"tracked-fanout", []string{"trackedfanout/producer", "trackedfanout/consumer", "trackedfanout/summary"}, []string{"trackedfanout/tracking"}},
	{"map-job", []string{"jobstart", "worker", "summary"}, []string{"invoicing/revenue.go"}},
}

// sources returns the files and folders of an architecture, relative to the module.
func (a *architecture) sources() []string {
	var list []string
	for _, paths := range [][]string{a.mains, a.more, shared} {
		for _, path := range paths {
			list = append(list, filepath.Join("lambdas", path))
		}
	}
	return list
}

// figures is what was counted of one architecture.
type figures struct {
	lines
	resources
}

func main() {
	root, err := moduleroot.Find()
	if err == nil {
		err = report(os.Stdout, root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// report counts and writes the table.
func report(w io.Writer, root string) error {
	handlers, err := countHandlers(root)
	if err != nil {
		return err
	}
	var counted []figures
	for i, a := range architectures {
		template, err := synthesize(root, a.name)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		resources, err := countResources(template)
		if err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		if resources.functions != len(a.mains) {
			return fmt.Errorf("%s: got %d functions in the template, expected one for each of %s: update the list of their folders",
				a.name, resources.functions, strings.Join(a.mains, ", "))
		}
		counted = append(counted, figures{handlers[i], resources})
	}
	return table(w, counted)
}

// countHandlers counts the handlers of each architecture. It returns an error if
// the manifest and the code do not agree.
func countHandlers(root string) ([]lines, error) {
	m, err := parseManifest(manifestText)
	if err != nil {
		return nil, fmt.Errorf("workflow.txt: %w", err)
	}
	var counted []lines
	for _, a := range architectures {
		sum, of := m.count(root, a.sources())
		err = errors.Join(err, of)
		counted = append(counted, sum)
	}
	if err = errors.Join(err, m.uncounted()); err != nil {
		return nil, fmt.Errorf("test/architectures/owned/workflow.txt does not describe the code:\n%w", err)
	}
	return counted, nil
}

// table writes the figures, which are in the order of architectures.
func table(w io.Writer, counted []figures) error {
	var text strings.Builder
	text.WriteString("| architecture   | handlers | workflow | functions | resources | IAM statements |\n" +
		"| -------------- | -------: | -------: | --------: | --------: | -------------: |\n")
	for i, f := range counted {
		fmt.Fprintf(&text, "| %-14s | %8d | %8d | %9d | %9d | %14d |\n", architectures[i].name, f.code, f.workflow, f.functions, f.all, f.statements)
	}
	_, err := io.WriteString(w, text.String())
	return err
}
