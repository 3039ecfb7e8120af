package boundaries

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fieldsOf returns the exported fields of the structs of a package, by struct.
func fieldsOf(t *testing.T, folder string) map[string][]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string][]string{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			declared, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if structure, ok := declared.Type.(*ast.StructType); ok {
				for _, field := range structure.Fields.List {
					for _, name := range field.Names {
						if name.IsExported() {
							fields[declared.Name.Name] = append(fields[declared.Name.Name], name.Name)
						}
					}
				}
			}
			return false
		})
	}
	return fields
}

var quotedName = regexp.MustCompile("`([A-Za-z]+)`")

// names returns the names in backquotes.
func names(text string) (list []string) {
	for _, match := range quotedName.FindAllStringSubmatch(text, -1) {
		list = append(list, match[1])
	}
	return list
}

// documentedProps returns the props in the table of a section of docs/job.md, by the
// struct whose fields they are: "`Expiry` of `Results`" is a field of Results. It also
// returns the props with something in the second of three columns.
func documentedProps(t *testing.T, heading string) (props map[string][]string, marked []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "job.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "# "+heading+"\n")
	if !found {
		t.Fatalf("docs/job.md has no section %s", heading)
	}
	section, _, _ := strings.Cut(after, "\n#")
	props = map[string][]string{}
	for line := range strings.Lines(section) {
		columns := strings.Split(line, "|")
		if len(columns) < 4 || !strings.HasPrefix(strings.TrimSpace(columns[1]), "`") {
			continue
		}
		fields, owners, of := strings.Cut(columns[1], " of ")
		structs := names(owners)
		if !of {
			structs = []string{"Props"}
		}
		if strings.HasPrefix(owners, "each `Mode`") {
			structs = []string{"Distributed", "ByReference", "Inline"}
		}
		for _, owner := range structs {
			props[owner] = append(props[owner], names(fields)...)
		}
		if len(columns) > 4 && strings.TrimSpace(columns[2]) != "" {
			marked = append(marked, names(fields)...)
		}
	}
	return props, marked
}

func compareProps(t *testing.T, of string, documented, exported []string) {
	t.Helper()
	documented, exported = slices.Sorted(slices.Values(documented)), slices.Sorted(slices.Values(exported))
	if !slices.Equal(documented, exported) {
		t.Errorf("got the props %q of %s in docs/job.md, expected those of the code, %q", documented, of, exported)
	}
}

func TestPropsOfAJobAreDocumented(t *testing.T) {
	fields := fieldsOf(t, filepath.Join(root, "constructs", "mapjob"))
	documented, _ := documentedProps(t, "Props")
	structs := map[string]string{"Props": "Props", "Results": "ResultsProps", "Callback": "Callback",
		"Distributed": "Distributed", "ByReference": "ByReference", "Inline": "Inline"}
	for name, goName := range structs {
		compareProps(t, goName, documented[name], fields[goName])
	}
	for name := range maps.Keys(documented) {
		if structs[name] == "" {
			t.Errorf("got props of %s in docs/job.md, expected those of a known struct", name)
		}
	}
}

func TestPropsOfAFunctionAreDocumented(t *testing.T) {
	fields := fieldsOf(t, filepath.Join(root, "constructs", "gofunction"))
	documented, shared := documentedProps(t, "Functions")
	compareProps(t, "Props", documented["Props"], fields["Props"])
	compareProps(t, "Network", documented["Network"], fields["Network"])
	compareProps(t, "Settings", shared, fields["Settings"])
}

func TestPropsOfAWebhookAreDocumented(t *testing.T) {
	documented, _ := documentedProps(t, "Props of a webhook")
	compareProps(t, "WebhookProps", documented["Props"], fieldsOf(t, filepath.Join(root, "constructs", "trigger"))["WebhookProps"])
}
