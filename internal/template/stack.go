package template

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Stack is a synthesized stack: of the app or of a stage, or nested in another.
type Stack struct {
	Name            string
	Path            string // of its construct, such as Prod/Jobs
	Region, Account string

	id           string // of its artifact
	assembly     *Assembly
	document     document
	resources    map[string]*Resource
	parameters   map[string]string // given by the user
	dependencies []string          // artifact IDs

	holder *Resource // that creates this stack, if it is nested in another
	nested []*Stack
	needed func() []*Stack // this one and those that it needs
}

// document is a CloudFormation template.
type document struct {
	Parameters map[string]parameter
	Mappings   map[string]map[string]map[string]any
	Conditions map[string]any
	Resources  map[string]*struct {
		Type, Condition      string
		Properties, Metadata map[string]any
	}
	Outputs map[string]output
}

type output struct {
	Value  any
	Export struct{ Name any }
}

// Account and region of a stack that is not bound to others.
const (
	Region    = "us-east-1"
	Account   = "123456789012"
	Partition = "aws"
)

func newStack(a *Assembly, folder, id string, from *artifact) (*Stack, error) {
	s := &Stack{
		Name: cmp.Or(from.Properties.StackName, id), Path: cmp.Or(from.DisplayName, id), Region: Region, Account: Account,
		id: id, assembly: a, dependencies: from.Dependencies, parameters: map[string]string{},
	}
	s.needed = sync.OnceValue(s.findNeeded)
	account, region, _ := strings.Cut(strings.TrimPrefix(from.Environment, "aws://"), "/")
	if account != "" && account != "unknown-account" {
		s.Account = account
	}
	if region != "" && region != "unknown-region" {
		s.Region = region
	}
	return s, s.read(filepath.Join(folder, from.Properties.TemplateFile))
}

func (s *Stack) read(file string) error {
	if err := readJSON(file, &s.document); err != nil {
		return fmt.Errorf("reading the template of stack %s: %w", s.Path, err)
	}
	s.index()
	return nil
}

// index makes the resources of the template.
func (s *Stack) index() {
	s.resources = make(map[string]*Resource, len(s.document.Resources))
	for id, r := range s.document.Resources {
		path, _ := r.Metadata["aws:cdk:path"].(string)
		s.resources[id] = &Resource{ID: id, Type: r.Type, Stack: s, condition: r.Condition, properties: r.Properties, metadata: r.Metadata, path: path}
	}
}

// readNested reads the stacks that are nested in this one, which the template
// names by their keys in the bucket of assets.
func (s *Stack) readNested() error {
	for _, r := range s.own("AWS::CloudFormation::Stack") {
		at, err := s.Resolve(r.properties["TemplateURL"])
		if err != nil {
			continue // it is not an asset, and what refers to it is refused
		}
		url := fmt.Sprint(at)
		file, ok := s.assembly.assets[url[strings.LastIndex(url, "/")+1:]]
		if !ok {
			continue
		}
		path := strings.TrimSuffix(r.path[:strings.LastIndex(r.path, "/")+1], ".NestedStack/")
		n := &Stack{Name: nestedName(s.Name, r.ID), Path: cmp.Or(path, r.ID), Region: s.Region, Account: s.Account, id: s.id, assembly: s.assembly, holder: r}
		if err := n.read(file); err != nil {
			return err
		}
		if err := n.readNested(); err != nil {
			return err
		}
		s.nested = append(s.nested, n)
	}
	return nil
}

// nestedName returns the name of a nested stack. The logical ID that the CDK makes
// says NestedStack twice, and ends in a hash.
func nestedName(parent, id string) string {
	name, _, cdk := strings.Cut(id, "NestedStack")
	if cdk && len(id) > 8 {
		name += id[len(id)-8:]
	}
	return parent + "-" + name
}

// tree returns the stack and those nested in it.
func (s *Stack) tree() []*Stack {
	list := []*Stack{s}
	for _, n := range s.nested {
		list = append(list, n.tree()...)
	}
	return list
}

// root returns the stack that this one is nested in; itself, if it is not nested.
func (s *Stack) root() *Stack {
	for s.holder != nil {
		s = s.holder.Stack
	}
	return s
}

// own lists the resources of some types in this template, by their logical IDs.
// Without types it lists all.
func (s *Stack) own(types ...string) []*Resource {
	var list []*Resource
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		if r := s.resources[id]; (len(types) == 0 || slices.Contains(types, r.Type)) && r.exists() {
			list = append(list, r)
		}
	}
	return list
}

// Resources lists the resources of some types: those of the stack, of its nested
// stacks, and of the stacks that it needs. Without types it lists all.
func (s *Stack) Resources(types ...string) []*Resource {
	var list []*Resource
	for _, reached := range s.needed() {
		for _, t := range reached.tree() {
			list = append(list, t.own(types...)...)
		}
	}
	return list
}

// Own reports whether a resource is one of the stack or of its nested stacks, not
// of a stack that it needs.
func (s *Stack) Own(r *Resource) bool { return r.Stack.root() == s }

// Asset returns the path of the file or folder that is uploaded under a key.
func (s *Stack) Asset(key string) (path string, ok bool) {
	path, ok = s.assembly.assets[key]
	return path, ok
}

// Output resolves an output. The value is nil if the stack doesn't have it.
func (s *Stack) Output(name string) (any, error) {
	output, ok := s.document.Outputs[name]
	if !ok {
		return nil, nil
	}
	v, err := s.Resolve(output.Value)
	if err != nil {
		return nil, fmt.Errorf("output %s: %w", name, err)
	}
	return v, nil
}

// HasOutput reports whether the stack has an output.
func (s *Stack) HasOutput(name string) bool {
	_, ok := s.document.Outputs[name]
	return ok
}

// ARN returns the ARN of a resource of a service, in the account and region of
// the stack.
func (s *Stack) ARN(service, resource string) string {
	return strings.Join([]string{"arn", Partition, service, s.Region, s.Account, resource}, ":")
}
