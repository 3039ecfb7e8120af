// Generate writes shapes.gz of package services: the parameters of the actions of
// the AWS services whose SDK is a dependency of this module. It reads the source of
// the SDK, so that nothing imports it.
//
// The text in the archive has a line for each service, action and structure:
//
//	service dynamodb
//	op putItem PutItemInput
//	PutItemInput Item!:{AttributeValue TableName!:s …
//
// A member has a "!" if it is required. Its type is s, n or b for a string, a number
// or a boolean, a for any JSON, or the name of a structure; "[" before it makes a
// list, and "{" a map.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

func main() {
	text, err := shapes()
	if err != nil {
		log.Fatal(err)
	}
	var archive bytes.Buffer
	w, _ := gzip.NewWriterLevel(&archive, gzip.BestCompression)
	if _, err := w.Write(text); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("shapes.gz", archive.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

// names returns the services. Their modules have the names that SDK integrations
// use.
func names() []string {
	return []string{"cloudformation", "cloudwatchlogs", "dynamodb", "dynamodbstreams", "lambda", "s3", "secretsmanager", "sfn",
		"sqs", "sso", "ssooidc", "sts"}
}

// shapes returns the text of the archive.
func shapes() ([]byte, error) {
	var text bytes.Buffer
	for _, name := range names() {
		folder, err := source(name)
		if err != nil {
			return nil, err
		}
		s, err := read(folder)
		if err != nil {
			return nil, fmt.Errorf("reading the SDK of %s: %w", name, err)
		}
		fmt.Fprintf(&text, "service %s\n", name)
		s.write(&text)
	}
	return text.Bytes(), nil
}

// source returns the folder of a service's module in the version of go.mod.
func source(name string) (string, error) {
	module := "github.com/aws/aws-sdk-go-v2/service/" + name
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	folder := strings.TrimSpace(string(out))
	if err == nil && folder == "" {
		out, err = exec.Command("go", "mod", "download", module).CombinedOutput()
		if err == nil {
			out, err = exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
		}
		folder = strings.TrimSpace(string(out))
	}
	if err != nil || folder == "" {
		return "", fmt.Errorf("finding %s: %w: %s", module, err, out)
	}
	return folder, nil
}

// service holds what the source of a service declares.
type service struct {
	structures map[string]*ast.StructType
	unions     map[string][]string // the names of the members by the name of the union
	scalars    map[string]bool     // named strings
}

// read parses the inputs of all operations and the types they consist of.
func read(folder string) (*service, error) {
	s := &service{structures: map[string]*ast.StructType{}, unions: map[string][]string{}, scalars: map[string]bool{}}
	files, err := filepath.Glob(filepath.Join(folder, "api_op_*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range append(files, filepath.Join(folder, "types", "types.go"), filepath.Join(folder, "types", "enums.go")) {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if os.IsNotExist(err) {
			continue // a service without enums
		}
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			s.declare(d)
		}
	}
	return s, nil
}

func (s *service) declare(d ast.Decl) {
	switch d := d.(type) {
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			t, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			switch of := t.Type.(type) {
			case *ast.StructType:
				s.structures[t.Name.Name] = of
			case *ast.InterfaceType:
				if _, ok := s.unions[t.Name.Name]; !ok {
					s.unions[t.Name.Name] = nil
				}
			case *ast.Ident:
				s.scalars[t.Name.Name] = of.Name == "string"
			}
		}
	case *ast.FuncDecl: // func (*AttributeValueMemberS) isAttributeValue() {}
		union, ok := strings.CutPrefix(d.Name.Name, "is")
		if !ok || d.Recv == nil {
			return
		}
		if star, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
			if receiver, ok := star.X.(*ast.Ident); ok {
				if member, ok := strings.CutPrefix(receiver.Name, union+"Member"); ok {
					s.unions[union] = append(s.unions[union], member)
				}
			}
		}
	}
}

// write writes the operations and the structures in their inputs.
func (s *service) write(text *bytes.Buffer) {
	used := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(s.structures)) {
		operation, ok := strings.CutSuffix(name, "Input")
		if _, output := s.structures[operation+"Output"]; !ok || !output {
			continue
		}
		first := []rune(operation)
		first[0] = unicode.ToLower(first[0])
		fmt.Fprintf(text, "op %s %s\n", string(first), name)
		used[name] = true
	}
	written := map[string]bool{}
	for len(written) < len(used) {
		for _, name := range slices.Sorted(maps.Keys(used)) {
			if !written[name] {
				written[name] = true
				s.writeStructure(text, name, used)
			}
		}
	}
}

func (s *service) writeStructure(text *bytes.Buffer, name string, used map[string]bool) {
	text.WriteString(name)
	for _, member := range slices.Sorted(slices.Values(s.unions[name])) {
		value := s.structures[name+"Member"+member].Fields.List[0]
		fmt.Fprintf(text, " %s:%s", member, s.code(value.Type, used))
	}
	if structure, ok := s.structures[name]; ok {
		for _, field := range structure.Fields.List {
			if len(field.Names) == 0 || !field.Names[0].IsExported() {
				continue
			}
			required := ""
			if strings.Contains(field.Doc.Text(), "This member is required.") {
				required = "!"
			}
			fmt.Fprintf(text, " %s%s:%s", field.Names[0].Name, required, s.code(field.Type, used))
		}
	}
	text.WriteByte('\n')
}

// code returns the code of a Go type, and adds the structures in it to those that
// are used.
func (s *service) code(t ast.Expr, used map[string]bool) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return s.code(t.X, used)
	case *ast.ArrayType:
		if element, ok := t.Elt.(*ast.Ident); ok && element.Name == "byte" {
			return "a"
		}
		return "[" + s.code(t.Elt, used)
	case *ast.MapType:
		return "{" + s.code(t.Value, used)
	case *ast.Ident:
		return s.named(t.Name, used)
	case *ast.SelectorExpr:
		if of, _ := t.X.(*ast.Ident); of != nil && of.Name == "types" {
			return s.named(t.Sel.Name, used)
		}
		if t.Sel.Name == "Time" {
			return "s"
		}
	}
	return "a" // a document, or the content of a file
}

func (s *service) named(name string, used map[string]bool) string {
	switch name {
	case "string":
		return "s"
	case "bool":
		return "b"
	case "int32", "int64", "float32", "float64":
		return "n"
	}
	if s.scalars[name] {
		return "s"
	}
	if s.structures[name] == nil && len(s.unions[name]) == 0 {
		return "a"
	}
	used[name] = true
	return name
}
