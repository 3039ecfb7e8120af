package main

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/process"
	"github.com/mapjob/mapjob/test/review"
)

// keeping are the functions by which tests keep templates.
var keeping = []string{"synthesis.Reviewed", "synthesis.Keep", "review.Assembly"}

// keepers finds the tests of a module that keep templates: names of tests, by the
// folders of their packages.
func keepers(module string) (map[string][]string, error) {
	sources, err := files(module, func(path string) bool { return strings.HasSuffix(path, "_test.go") })
	if err != nil {
		return nil, err
	}
	calls := map[string]map[string]map[string]bool{} // folder, function, what it calls
	for _, source := range sources {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(module, source), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		folder := filepath.ToSlash(filepath.Dir(source))
		if calls[folder] == nil {
			calls[folder] = map[string]map[string]bool{}
		}
		for _, declared := range parsed.Decls {
			if f, ok := declared.(*ast.FuncDecl); ok && f.Body != nil {
				calls[folder][f.Name.Name] = called(f.Body)
			}
		}
	}
	found := map[string][]string{}
	for folder, functions := range calls {
		keep := keepingAmong(functions)
		for _, name := range slices.Sorted(maps.Keys(keep)) {
			if strings.HasPrefix(name, "Test") && name != "TestMain" {
				found[folder] = append(found[folder], name)
			}
		}
	}
	return found, nil
}

// called returns the names of the functions and methods that a body calls: f,
// package.F and value.method, which is there as method, too.
func called(body ast.Node) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch f := call.Fun.(type) {
		case *ast.Ident:
			names[f.Name] = true
		case *ast.SelectorExpr:
			names[f.Sel.Name] = true
			if of, ok := f.X.(*ast.Ident); ok {
				names[of.Name+"."+f.Sel.Name] = true
			}
		}
		return true
	})
	return names
}

// keepingAmong returns the functions that keep templates, and those that call them.
func keepingAmong(functions map[string]map[string]bool) map[string]bool {
	keep := map[string]bool{}
	for again := true; again; {
		again = false
		for name, calls := range functions {
			if keep[name] {
				continue
			}
			for c := range calls {
				if keep[c] || slices.Contains(keeping, c) {
					keep[name], again = true, true
				}
			}
		}
	}
	return keep
}

// runTests fills a folder by the tests that keep templates.
func runTests(ctx context.Context, module, folder string) error {
	found, err := keepers(module)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errors.New("found no test that keeps templates, expected to run in the module's folder")
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	var names, packages []string
	for _, of := range slices.Sorted(maps.Keys(found)) {
		names, packages = append(names, found[of]...), append(packages, "./"+of)
	}
	slices.Sort(names)
	args := []string{"test", "-count=1", "-run", "^(" + strings.Join(slices.Compact(names), "|") + ")$"}
	cmd := process.Command(ctx, "go", append(args, packages...)...)
	cmd.Dir, cmd.Env = module, append(os.Environ(), review.Variable+"="+absolute)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return errors.Join(process.Run(cmd), ctx.Err())
}
