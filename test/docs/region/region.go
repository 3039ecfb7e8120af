// Package region finds the parts of files that pages show.
package region

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"strings"
)

var (
	begins = regexp.MustCompile(`^\s*(?://|#) docs: ([a-z][a-z0-9-]*)$`)
	ends   = regexp.MustCompile(`^\s*(?://|#) docs: end$`)
)

// Of returns the part of a file that has a name: a declaration of Go, or the lines
// between the comments "docs: NAME" and "docs: end". Without a name it returns the
// whole file. Comments that name regions are left out, and so is the indentation that
// all lines have.
func Of(file string, text []byte, name string) (string, error) {
	if name == "" {
		return dedent(without(strings.SplitAfter(string(text), "\n"))), nil
	}
	lines := strings.SplitAfter(string(text), "\n")
	begin := -1
	for i, line := range lines {
		trimmed := strings.TrimRight(line, "\r\n")
		if m := begins.FindStringSubmatch(trimmed); begin < 0 && m != nil && m[1] == name && !ends.MatchString(trimmed) {
			begin = i + 1
		} else if begin >= 0 && ends.MatchString(trimmed) {
			return dedent(without(lines[begin:i])), nil
		}
	}
	if begin >= 0 {
		return "", fmt.Errorf("%s: got no comment \"docs: end\" after \"docs: %s\"", file, name)
	}
	if path.Ext(file) == ".go" {
		return declaration(file, text, name)
	}
	return "", fmt.Errorf("%s: got no comment \"docs: %s\"", file, name)
}

func without(lines []string) []string {
	var list []string
	for _, line := range lines {
		if trimmed := strings.TrimRight(line, "\r\n"); !begins.MatchString(trimmed) && !ends.MatchString(trimmed) {
			list = append(list, line)
		}
	}
	return list
}

func dedent(lines []string) string {
	common, first := "", true
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		indentation := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if first {
			common, first = indentation, false
		}
		for !strings.HasPrefix(indentation, common) {
			common = common[:len(common)-1]
		}
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.TrimPrefix(line, common))
	}
	return b.String()
}

// declaration returns a declaration with its comment.
func declaration(file string, text []byte, name string) (string, error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	cut := func(doc *ast.CommentGroup, n ast.Node) string {
		from := n.Pos()
		if doc != nil {
			from = doc.Pos()
		}
		declared := string(text[files.Position(from).Offset:files.Position(n.End()).Offset]) + "\n"
		return strings.Join(without(strings.SplitAfter(declared, "\n")), "")
	}
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if nameOf(d) == name {
				return cut(d.Doc, d), nil
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if declares(spec, name) {
					return cut(d.Doc, d), nil
				}
			}
		}
	}
	return "", fmt.Errorf("%s: got no declaration of %s, nor a comment \"docs: %s\"", file, name, name)
}

// nameOf returns the name of a function, Type.Method for a method.
func nameOf(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	receiver := d.Recv.List[0].Type
	if pointer, ok := receiver.(*ast.StarExpr); ok {
		receiver = pointer.X
	}
	if generic, ok := receiver.(*ast.IndexExpr); ok {
		receiver = generic.X
	}
	if named, ok := receiver.(*ast.Ident); ok {
		return named.Name + "." + d.Name.Name
	}
	return d.Name.Name
}

func declares(spec ast.Spec, name string) bool {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return spec.Name.Name == name
	case *ast.ValueSpec:
		for _, declared := range spec.Names {
			if declared.Name == name {
				return true
			}
		}
	}
	return false
}

// Equal reports whether a block shows a region, whatever the indentation of the whole.
// A line … in the block stands for any lines, and a comment at the beginning may be
// left out.
func Equal(block, region string) bool {
	rest, parts := tidy(region), strings.Split(tidy(block), "…\n")
	for strings.HasPrefix(rest, "// ") && !strings.HasPrefix(parts[0], "// ") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	for i, part := range parts {
		at := strings.Index(rest, part)
		if at < 0 || i == 0 && at > 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return rest == "" || len(parts) > 1 && parts[len(parts)-1] == ""
}

// tidy leaves out the indentation, which depends on where the part is.
func tidy(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}
