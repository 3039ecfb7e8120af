package boundaries

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxPublic is the most public packages that the module may have.
const maxPublic = 16

func publicPackages(t *testing.T) map[string]*pkg {
	t.Helper()
	public := map[string]*pkg{}
	for _, p := range list(t, "./...") {
		if p.isPublic() {
			path, _ := p.path()
			public[path] = p
		}
	}
	return public
}

func TestPublicPackagesAreThoseOfTheArchitecture(t *testing.T) {
	public, documented := publicPackages(t), section(t, "Public packages")
	for path := range public {
		if documented[path] == "" {
			t.Errorf("%s is public, but docs/architecture.md does not list it: move it below internal, or list it", path)
		}
	}
	for path := range documented {
		if public[path] == nil {
			t.Errorf("docs/architecture.md lists %s, which is not a public package", path)
		}
	}
	if len(public) > maxPublic {
		t.Errorf("got %d public packages, expected at most %d: %v", len(public), maxPublic, slices.Sorted(maps.Keys(public)))
	}
}

func TestPublicMeansImportable(t *testing.T) {
	for path, expected := range map[string]bool{
		"/job": true, "/constructs/mapjob": true, "": true,
		"/internal/asl": false, "/job/internal/x": false, "/lambdas/invoicing": false, "/stacks": false, "/test/running": false,
	} {
		if got := (&pkg{ImportPath: module + path, Name: "p"}).isPublic(); got != expected {
			t.Errorf("%s: got %v, expected %v", path, got, expected)
		}
	}
	if (&pkg{ImportPath: module + "/cmd/mapjob", Name: "main"}).isPublic() || (&pkg{ImportPath: "example.com/other", Name: "p"}).isPublic() {
		t.Error("got a public command or package of another module, expected neither")
	}
}

func TestPublicPackagesHaveADocFileAndAnExample(t *testing.T) {
	for path, p := range publicPackages(t) {
		if !slices.Contains(p.GoFiles, "doc.go") {
			t.Errorf("%s: got no doc.go, expected one with the package comment", path)
		}
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if got, expected := file.Doc != nil, name == "doc.go"; got != expected {
				t.Errorf("%s/%s: got a package comment: %v, expected %v", path, name, got, expected)
			}
		}
		examples := 0
		for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, declaration := range file.Decls {
				if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Example") {
					examples++
				}
			}
		}
		if examples == 0 {
			t.Errorf("%s: got no Example function, expected at least one", path)
		}
	}
}

func TestPublicPackagesDoNotNameInternalTypes(t *testing.T) {
	var paths []string
	for _, p := range publicPackages(t) {
		paths = append(paths, p.ImportPath)
	}
	compiled := list(t, append([]string{"-export", "-deps"}, paths...)...)
	gc := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if p := compiled[path]; p != nil {
			return os.Open(p.Export)
		}
		return nil, fmt.Errorf("go list has no %s", path)
	})
	for _, path := range slices.Sorted(slices.Values(paths)) {
		p, err := gc.Import(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		for _, problem := range internalTypes(p, func(other *types.Package) bool {
			return isInternal(other.Path()) && strings.HasPrefix(other.Path(), module)
		}) {
			t.Error(problem)
		}
	}
}

func TestInternalTypesAreFound(t *testing.T) {
	files := token.NewFileSet()
	check := func(path, source string, of types.Importer) *types.Package {
		t.Helper()
		file, err := parser.ParseFile(files, path+".go", source, 0)
		if err != nil {
			t.Fatal(err)
		}
		p, err := (&types.Config{Importer: of}).Check(path, files, []*ast.File{file}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	hidden := check("m/internal/hidden", "package hidden\ntype T struct{}\ntype U = T\nfunc (T) M() T { return T{} }\n", nil)
	for declaration, expected := range map[string]string{
		"func F(hidden.T) {}":                                                 "F",
		"func F() (int, *hidden.T) { return 0, nil }":                         "F",
		"func F[P interface{ hidden.T }](P) {}":                               "F",
		"type A = hidden.T":                                                   "A",
		"type B []map[string]chan hidden.T":                                   "B",
		"type C struct{ X int; D func(...hidden.U) }":                         "C.D",
		"type G struct{ hidden.T }":                                           "G.T",
		"type H interface{ M(hidden.T) }":                                     "H.M",
		"type I struct{}\nfunc (*I) M() hidden.T { panic(0) }":                "I.M",
		"type j struct{ hidden.T }\ntype J struct{ j }":                       "J.T",
		"type k struct{}\nfunc (k) M(hidden.T) {}\nfunc K() k { return k{} }": "k.M",
		"type l[P any] struct{}\nvar L l[hidden.T]":                           "L",
		"var M hidden.T":                                                      "M",
		"type N struct{ x hidden.T }\nfunc (N) m(hidden.T) {}":                "",
		"type o struct{ X hidden.T }\nfunc p(hidden.T) {}":                    "",
		"type Q error\nvar R = struct{ x int }{}\nvar _ hidden.T":             "",
	} {
		p := check("m/public", "package public\nimport \"m/internal/hidden\"\n"+declaration+"\nvar _ hidden.T\n", importers{hidden})
		problems := internalTypes(p, func(other *types.Package) bool { return isInternal(other.Path()) })
		got := strings.Join(problems, "; ")
		if expected == "" && got != "" || expected != "" && !strings.HasPrefix(got, "m/public."+expected+" names the internal type m/internal/hidden.") {
			t.Errorf("%s: got %q, expected %q", declaration, got, expected)
		}
	}
}

type importers []*types.Package

func (list importers) Import(path string) (*types.Package, error) {
	for _, p := range list {
		if p.Path() == path {
			return p, nil
		}
	}
	return nil, fmt.Errorf("no package %s", path)
}

// internalTypes returns the exported names of a package whose types name an
// internal type. It follows the package's own unexported types as well, because
// users can get their values.
func internalTypes(p *types.Package, internal func(*types.Package) bool) []string {
	w := &walker{pkg: p, internal: internal, seen: map[types.Type]bool{}}
	for _, name := range p.Scope().Names() {
		if object := p.Scope().Lookup(name); object.Exported() {
			w.at = p.Path() + "." + name
			if name, ok := object.(*types.TypeName); ok && name.IsAlias() {
				w.walk(types.Unalias(name.Type()))
				continue
			}
			w.walk(object.Type())
		}
	}
	return w.problems
}

type walker struct {
	pkg      *types.Package
	internal func(*types.Package) bool
	seen     map[types.Type]bool // of the package's own named types
	at       string              // the exported name
	problems []string
}

func (w *walker) walk(t types.Type) {
	switch t := t.(type) {
	case *types.Alias:
		if of := t.Obj().Pkg(); of != nil && (of == w.pkg || w.internal(of)) {
			w.walk(types.Unalias(t))
		}
	case *types.Named:
		for argument := range t.TypeArgs().Types() {
			w.walk(argument)
		}
		switch of := t.Obj().Pkg(); {
		case of == nil: // error
		case w.internal(of):
			w.problems = append(w.problems, fmt.Sprintf("%s names the internal type %s.%s", w.at, of.Path(), t.Obj().Name()))
		case of == w.pkg && !w.seen[t.Origin()]:
			w.seen[t.Origin()] = true
			w.named(t.Origin())
		}
	case *types.Struct:
		for field := range t.Fields() {
			if field.Exported() {
				w.within("."+field.Name(), field.Type())
			} else if field.Embedded() { // its exported fields are promoted
				of := field.Type()
				if pointer, ok := of.(*types.Pointer); ok {
					of = pointer.Elem()
				}
				w.walk(of.Underlying())
			}
		}
	case *types.Interface:
		for method := range t.ExplicitMethods() {
			if method.Exported() {
				w.within("."+method.Name(), method.Type())
			}
		}
		for embedded := range t.EmbeddedTypes() {
			w.walk(embedded)
		}
	case *types.Union:
		for term := range t.Terms() {
			w.walk(term.Type())
		}
	case *types.Signature:
		for parameter := range t.TypeParams().TypeParams() {
			w.walk(parameter.Constraint())
		}
		w.walk(t.Params())
		w.walk(t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			w.walk(v.Type())
		}
	case *types.Map:
		w.walk(t.Key())
		w.walk(t.Elem())
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		w.walk(t.Elem())
	}
}

// named walks a type of the package: its structure and its exported methods.
func (w *walker) named(t *types.Named) {
	at := w.at
	w.at = w.pkg.Path() + "." + t.Obj().Name()
	for parameter := range t.TypeParams().TypeParams() {
		w.walk(parameter.Constraint())
	}
	w.walk(t.Underlying())
	if !types.IsInterface(t) {
		for method := range types.NewMethodSet(types.NewPointer(t)).Methods() {
			if method.Obj().Exported() {
				w.within("."+method.Obj().Name(), method.Type())
			}
		}
	}
	w.at = at
}

func (w *walker) within(name string, t types.Type) {
	at := w.at
	w.at += name
	w.walk(t)
	w.at = at
}
