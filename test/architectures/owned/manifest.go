package main

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// manifestText is the manifest of this module. Its first comment explains the format.
//
//go:embed workflow.txt
var manifestText string

// manifest holds the decisions about each file, by its path.
type manifest map[string]*section

// section says which lines of a file are workflow.
type section struct {
	business     string     // the number and the checksum of all other lines
	declarations []string   // that are workflow
	quotes       [][]string // runs of lines that are workflow
	counted      bool
	sum          lines // if counted
}

// parseManifest reads a manifest.
func parseManifest(text string) (manifest, error) {
	m := manifest{}
	var current *section
	inQuote := false
	number := 0
	for line := range strings.Lines(text) {
		number++
		problem := func(format string, args ...any) (manifest, error) {
			return nil, fmt.Errorf("line %d: "+format, append([]any{number}, args...)...)
		}
		code := normal(line)
		indented := strings.HasPrefix(line, "\t")
		word, rest, _ := strings.Cut(code, " ")
		switch {
		case code == "":
			inQuote = false
			continue
		case strings.HasPrefix(line, "#"):
			continue
		case !indented && rest == "" && strings.HasSuffix(word, ".go"):
			if m[word] != nil {
				return problem("got a second section of %s, expected one", word)
			}
			current = &section{}
			m[word] = current
		case current == nil:
			return problem("got %q, expected the path of a Go file", code)
		case indented && inQuote:
			last := &current.quotes[len(current.quotes)-1]
			*last = append(*last, code)
		case indented:
			current.quotes = append(current.quotes, []string{code})
		case word == "business" && current.business == "":
			current.business = rest
		case word == "declarations":
			current.declarations = append(current.declarations, strings.Fields(rest)...)
		default:
			return problem("got %q, expected a path, business, declarations or an indented quote", code)
		}
		inQuote = indented
	}
	return m, nil
}

// count counts the Go files, without tests, at paths below root: files, or
// folders and what they contain.
func (m manifest) count(root string, paths []string) (sum lines, err error) {
	var errs []error
	for _, path := range paths {
		errs = append(errs, filepath.WalkDir(filepath.Join(root, path), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			relative, err := filepath.Rel(root, file)
			if err != nil {
				return err
			}
			of, problems := m.countFile(root, filepath.ToSlash(relative))
			sum.code += of.code
			sum.workflow += of.workflow
			errs = append(errs, problems)
			return nil
		}))
	}
	return sum, errors.Join(errs...)
}

// countFile counts a file, and returns its errors the first time.
func (m manifest) countFile(root, path string) (lines, error) {
	s := m[path]
	if s == nil {
		s = &section{}
		m[path] = s
	}
	if s.counted {
		return s.sum, nil
	}
	s.counted = true
	source, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return lines{}, err
	}
	if s.sum, err = s.count(source); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return s.sum, err
}

// uncounted returns an error if the manifest has a file that was not counted.
func (m manifest) uncounted() error {
	var errs []error
	for path, s := range m {
		if !s.counted {
			errs = append(errs, fmt.Errorf("%s: got a section, but no architecture has this file", path))
		}
	}
	return errors.Join(errs...)
}

// count counts the lines of a file. It returns an error if the section does not
// decide about every line exactly once.
func (s *section) count(source []byte) (lines, error) {
	code, err := codeLines(source)
	if err != nil {
		return lines{}, err
	}
	var errs []error
	workflow := map[int]bool{} // by index in code
	mark := func(from, to int, what string) {
		for i := from; i < to; i++ {
			if workflow[i] {
				errs = append(errs, fmt.Errorf("line %d: got %s, expected it once: other workflow includes it", code[i].number, what))
				return
			}
			workflow[i] = true
		}
	}

	declared, err := declarations(source)
	if err != nil {
		return lines{}, err
	}
	for _, name := range s.declarations {
		span, ok := declared[name]
		if !ok {
			errs = append(errs, fmt.Errorf("got the declaration %s, which is no longer there", name))
			continue
		}
		index := func(number int) int {
			return slices.IndexFunc(code, func(l codeLine) bool { return l.number == number })
		}
		mark(index(span.first), index(span.last)+1, "the declaration "+name)
	}
	for _, quote := range s.quotes {
		var found []int
		for i := range len(code) - len(quote) + 1 {
			if slices.EqualFunc(code[i:i+len(quote)], quote, func(l codeLine, text string) bool { return l.text == text }) {
				found = append(found, i)
			}
		}
		text := fmt.Sprintf("the quote %q", strings.Join(quote, "\n"))
		switch len(found) {
		case 0:
			errs = append(errs, fmt.Errorf("got %s, which is no longer there", text))
		case 1:
			mark(found[0], found[0]+len(quote), text)
		default:
			errs = append(errs, fmt.Errorf("got %s, which is there %d times: quote neighbouring lines as well", text, len(found)))
		}
	}

	var business strings.Builder
	for i, line := range code {
		if !workflow[i] {
			business.WriteString(line.text + "\n")
		}
	}
	sum := lines{len(code), len(workflow)}
	checksum := sha256.Sum256([]byte(business.String()))
	if got := fmt.Sprintf("%d %x", sum.code-sum.workflow, checksum[:4]); got != s.business {
		errs = append(errs, fmt.Errorf("business lines: got %s, expected %s: "+
			"decide which of the changed lines are workflow, quote those, and write: business %s", got, cmp.Or(s.business, "none"), got))
	}
	return sum, errors.Join(errs...)
}

// span is a range of line numbers, both included.
type span struct{ first, last int }

// declarations returns where the top-level declarations are. The name of a
// method is Type.Method, that of an import declaration is import, and a group
// has the name of its first member.
func declarations(source []byte) (map[string]span, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	named := map[string]span{}
	for _, declaration := range file.Decls {
		named[nameOf(declaration)] = span{files.Position(declaration.Pos()).Line, files.Position(declaration.End()).Line}
	}
	return named, nil
}

func nameOf(declaration ast.Decl) string {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return d.Name.Name
		}
		receiver := d.Recv.List[0].Type
		if pointer, ok := receiver.(*ast.StarExpr); ok {
			receiver = pointer.X
		}
		return receiver.(*ast.Ident).Name + "." + d.Name.Name // the sample has no type parameters
	case *ast.GenDecl:
		if len(d.Specs) == 0 {
			return ""
		}
		switch first := d.Specs[0].(type) {
		case *ast.TypeSpec:
			return first.Name.Name
		case *ast.ValueSpec:
			return first.Names[0].Name
		}
	}
	return "import"
}
