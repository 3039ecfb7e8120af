// Package snippet checks the types of code in pages: whole files, declarations and
// statements. Blocks of a page see what the ones before declare.
package snippet

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Checker checks blocks of code.
type Checker struct {
	ambient string            // a file with the names that blocks use without declaring them
	paths   map[string]string // of packages, by name
	files   *token.FileSet
	imports types.Importer
}

// New returns a checker of blocks that use packages of the module in a folder, with
// the names that the file ambient declares.
func New(folder string, ambient []byte, packages []string) (*Checker, error) {
	c := &Checker{ambient: string(ambient), paths: map[string]string{}, files: token.NewFileSet()}
	command := exec.Command("go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Name}} {{.Export}} {{.DepOnly}}"}, packages...)...)
	command.Dir = folder
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, problems.Bytes())
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), " ")
		exports[fields[0]] = fields[2]
		if fields[3] == "true" {
			continue
		}
		if other, twice := c.paths[fields[1]]; twice {
			return nil, fmt.Errorf("got two packages named %s, %s and %s", fields[1], other, fields[0])
		}
		c.paths[fields[1]] = fields[0]
	}
	c.imports = importer.ForCompiler(c.files, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("package %s is not one that blocks may import", path)
		}
		return os.Open(exports[path])
	})
	return c, nil
}

// Scope is what the blocks of a page have declared so far.
type Scope struct {
	declarations []string
	statements   []string
}

// Check checks a block and adds what it declares to the scope. Lines of errors are
// those of the block, from 1.
func (c *Checker) Check(s *Scope, block string) error {
	const line = "//line block:1\n"
	switch file, err := parse(block); {
	case regexp.MustCompile(`(?m)^package `).MatchString(block):
		return c.check("", []string{line + block})
	case err == nil:
		names := declared(file)
		s.declarations = slices.DeleteFunc(s.declarations, func(earlier string) bool {
			file, err := parse(earlier)
			return err == nil && slices.ContainsFunc(declared(file), func(name string) bool { return slices.Contains(names, name) })
		})
		err := c.check(c.ambient, append(s.files(), line+block))
		s.declarations = append(s.declarations, block)
		return err
	default:
		function := "func _() {\n" + strings.Join(append(slices.Clone(s.statements), line+block), "\n{\n") + strings.Repeat("\n}", len(s.statements)+1)
		err := c.check(c.ambient, append(s.files(), function))
		s.statements = append(s.statements, block)
		return err
	}
}

func parse(declarations string) (*ast.File, error) {
	return parser.ParseFile(token.NewFileSet(), "", "package page\n"+declarations, parser.SkipObjectResolution)
}

// files returns the declarations so far, each in a file of its own.
func (s *Scope) files() []string { return slices.Clone(s.declarations) }

// check checks a package of files, of which all but a whole one lack their beginning.
func (c *Checker) check(ambient string, texts []string) error {
	var files []*ast.File
	known := map[string]bool{}
	for _, text := range texts {
		whole := ambient == ""
		if !whole {
			text = c.begin(text) + text
		}
		file, err := parser.ParseFile(c.files, "earlier", text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
		for _, name := range declared(file) {
			known[name] = true
		}
	}
	if ambient != "" {
		file, err := parser.ParseFile(c.files, "ambient", ambient, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		file.Name.Name = "page"
		for _, d := range file.Decls { // a page may declare these names itself
			if values, ok := d.(*ast.GenDecl); ok && values.Tok == token.VAR {
				values.Specs = slices.DeleteFunc(values.Specs, func(spec ast.Spec) bool { return known[spec.(*ast.ValueSpec).Names[0].Name] })
			}
		}
		files = append(files, file)
	}
	var problems []error
	config := types.Config{Importer: c.imports, Error: func(err error) {
		problem, ok := errors.AsType[types.Error](err)
		if ok && problem.Soft { // an unused variable or import
			return
		}
		if !ok || c.files.Position(problem.Pos).Filename != "earlier" {
			problems = append(problems, err)
		}
	}}
	_, _ = config.Check("page", c.files, files, nil) // Error has the problems
	return errors.Join(problems...)
}

// begin returns the beginning of a file: its package, and imports of the packages whose
// names it uses and does not declare or import itself.
func (c *Checker) begin(text string) string {
	begin := "package page"
	file, err := parser.ParseFile(token.NewFileSet(), "", begin+"\n"+text, 0)
	if err != nil {
		return begin + "\n" // the error is found again
	}
	imports, imported := []string{begin}, map[string]bool{}
	for _, spec := range file.Imports {
		to, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		imported[path.Base(to)] = true
		if spec.Name != nil {
			imported[spec.Name.Name] = true
		}
	}
	for _, name := range file.Unresolved {
		if to := c.paths[name.Name]; to != "" && !imported[name.Name] {
			imported[name.Name] = true
			imports = append(imports, "import "+name.Name+" "+strconv.Quote(to))
		}
	}
	return strings.Join(imports, "; ") + "\n"
}

// declared returns the names that a file declares.
func declared(file *ast.File) (names []string) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name != "_" {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, spec.Name.Name)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}
