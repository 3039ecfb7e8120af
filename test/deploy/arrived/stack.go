// Package arrived compares what a deployed stack has with its template: AWS's API says
// what has arrived, and the template says what should have.
package arrived

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/mapjob/mapjob/internal/definition"
	"github.com/mapjob/mapjob/internal/template"
)

// Stack is a stack as it was deployed.
type Stack struct {
	Name, Status string
	UUID         string               // the last part of its ID
	Resources    map[string]*Resource // by logical ID
}

// Resource is a resource of a deployed stack.
type Resource struct {
	Type, PhysicalID, Status string
	Properties               map[string]any // that the API told; nil for a type that is not read
}

// Read asks for a stack and its resources.
func Read(ctx context.Context, c *Clients, name string) (*Stack, error) {
	described, err := c.CloudFormation.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return nil, err
	}
	stack := described.Stacks[0]
	s := &Stack{Name: name, Status: string(stack.StackStatus), UUID: path.Base(aws.ToString(stack.StackId)), Resources: map[string]*Resource{}}
	pages := cloudformation.NewListStackResourcesPaginator(c.CloudFormation, &cloudformation.ListStackResourcesInput{StackName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.StackResourceSummaries {
			found := &Resource{Type: aws.ToString(r.ResourceType), PhysicalID: aws.ToString(r.PhysicalResourceId), Status: string(r.ResourceStatus)}
			s.Resources[*r.LogicalResourceId] = found
		}
	}
	for id, r := range s.Resources {
		if err := c.read(ctx, s, id, r); err != nil {
			return nil, fmt.Errorf("%s (%s): %w", id, r.Type, err)
		}
	}
	return s, nil
}

// Difference is a difference between a template and what was deployed.
type Difference struct {
	ID   string // of the resource, "" if it is about the stack
	Of   string // type, or type and property, such as AWS::Lambda::Function.Timeout
	Text string
}

func (d Difference) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s (%s): %s", cmp.Or(d.ID, "stack"), d.Of, d.Text))
}

// Comparison is what came out of a comparison.
type Comparison struct {
	Resources, Properties int // compared
	LeftOut               []Difference
	NotRead               []Difference // properties that the API did not tell, or types that are not read
	Differ                []Difference
}

// Compare compares a stack with its template, property by property.
func Compare(ctx context.Context, clients *Clients, s *Stack, of *template.Stack) (*Comparison, error) {
	c := &Comparison{}
	names := s.names(of, clients)
	expected := map[string]bool{}
	for _, r := range of.Resources() {
		expected[r.ID] = true
		got := s.Resources[r.ID]
		if got == nil {
			c.LeftOut = append(c.LeftOut, Difference{r.ID, r.Type, "got none, expected one"})
			continue
		}
		c.Resources++
		if got.Type != r.Type || !strings.HasSuffix(got.Status, "_COMPLETE") || got.PhysicalID == "" {
			c.Differ = append(c.Differ, Difference{r.ID, r.Type, fmt.Sprintf("got %s %q in status %s", got.Type, got.PhysicalID, got.Status)})
		}
		if got.Properties == nil {
			c.NotRead = append(c.NotRead, Difference{r.ID, r.Type, "its properties are not read"})
			continue
		}
		if err := c.compare(ctx, clients, got, r, names); err != nil {
			return nil, err
		}
	}
	for id, r := range s.Resources {
		if !expected[id] {
			c.Differ = append(c.Differ, Difference{id, r.Type, "got one that is not in the template"})
		}
	}
	for _, list := range []*[]Difference{&c.LeftOut, &c.NotRead, &c.Differ} {
		slices.SortFunc(*list, func(a, b Difference) int { return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.ID, b.ID)) })
	}
	return c, nil
}

// names returns what replaces the names that a template resolves to on this machine by
// the names of what was deployed.
func (s *Stack) names(of *template.Stack, clients *Clients) *strings.Replacer {
	replaced := map[string]string{template.Account: clients.account, template.Region: clients.region}
	// A webhook's name ends with the beginning of the UUID.
	first, _, _ := strings.Cut(s.UUID, "-")
	replaced["-local"], replaced["/local"] = "-"+first, "/"+s.UUID // of AWS::StackId, as package template has it
	for _, r := range of.Resources() {
		if got := s.Resources[r.ID]; got != nil {
			replaced[r.PhysicalName()] = name(got.PhysicalID)
		}
	}
	pairs := make([]string, 0, 2*len(replaced))
	// One name may begin another.
	for _, local := range slices.SortedFunc(maps.Keys(replaced), func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) }) {
		pairs = append(pairs, local, replaced[local])
	}
	return strings.NewReplacer(pairs...)
}

// name returns the last part of a physical ID, which may be an ARN or a URL.
func name(physical string) string {
	if strings.HasPrefix(physical, "arn:") {
		return physical[strings.LastIndex(physical, ":")+1:]
	}
	if strings.HasPrefix(physical, "http") {
		return physical[strings.LastIndex(physical, "/")+1:]
	}
	return physical
}

func (c *Comparison) compare(ctx context.Context, clients *Clients, got *Resource, r *template.Resource, names *strings.Replacer) error {
	wanted, unresolved := r.Members()
	for property, err := range unresolved {
		c.NotRead = append(c.NotRead, Difference{r.ID, r.Type + "." + property, err.Error()})
	}
	switch r.Type {
	case "AWS::StepFunctions::StateMachine":
		text, _, err := definition.Of(r)
		if err != nil {
			return err
		}
		wanted["DefinitionString"] = text
		delete(wanted, "DefinitionSubstitutions")
	case "AWS::IAM::Role":
		if list, ok := wanted["Policies"].([]any); ok {
			byName := map[string]any{}
			for _, p := range list {
				if policy, ok := p.(map[string]any); ok {
					byName[fmt.Sprint(policy["PolicyName"])] = policy
				}
			}
			wanted["Policies"] = byName
		}
	case "AWS::Lambda::Function":
		sum, err := clients.code(ctx, r)
		if err != nil {
			return err
		}
		wanted["Code"] = sum
	}
	for property, value := range wanted {
		if property == "Roles" && r.Type == "AWS::IAM::Policy" {
			continue // where the policy was read
		}
		told, ok := got.Properties[property]
		if !ok {
			c.NotRead = append(c.NotRead, Difference{r.ID, r.Type + "." + property, "the API does not tell it"})
			continue
		}
		value, err := replace(value, names)
		if err != nil {
			return err
		}
		c.Properties++
		if difference := differ(told, value, property); difference != "" {
			c.Differ = append(c.Differ, Difference{r.ID, r.Type + "." + property, difference})
		}
	}
	return nil
}

// replace replaces names in the strings of a value.
func replace(value any, names *strings.Replacer) (any, error) {
	switch v := value.(type) {
	case string:
		return names.Replace(v), nil
	case []any:
		replaced := make([]any, len(v))
		for i := range v {
			replaced[i], _ = replace(v[i], names)
		}
		return replaced, nil
	case map[string]any:
		replaced := map[string]any{}
		for name, member := range v {
			replaced[names.Replace(name)], _ = replace(member, names)
		}
		return replaced, nil
	}
	return plain(value)
}

// plain returns a value as JSON has it.
func plain(value any) (decoded any, err error) {
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &decoded)
	}
	return decoded, err
}

// differ says where a value lacks something of what is expected. It may have more, such
// as defaults.
func differ(got, expected any, at string) string {
	switch want := expected.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return unlike(got, expected, at)
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if d := differ(object[name], want[name], at+"."+name); d != "" {
				return d
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return unlike(got, expected, at)
		}
		for i := range want {
			if d := differ(list[i], want[i], fmt.Sprintf("%s[%d]", at, i)); d != "" {
				return d
			}
		}
		return ""
	}
	if got == nil || scalar(got) != scalar(expected) {
		return unlike(got, expected, at)
	}
	return ""
}

// scalar returns the text of a string, a number or a boolean. CloudFormation takes "60"
// for 60, and the other way round.
func scalar(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

func unlike(got, expected any, at string) string {
	text := func(v any) string {
		encoded, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprint(v)
		}
		if len(encoded) > 400 {
			return string(encoded[:400]) + "…"
		}
		return string(encoded)
	}
	return fmt.Sprintf("%s: got %s, expected %s", at, text(got), text(expected))
}

// Changed lists the resources that differ between two states of a stack: those that
// are new, gone, have another physical ID, or other properties. Replaced has those whose
// physical ID is another.
func Changed(before, after *Stack) (changed, replaced []string) {
	ids := slices.Collect(maps.Keys(before.Resources))
	for id := range after.Resources {
		if before.Resources[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		was, is := before.Resources[id], after.Resources[id]
		if was == nil || is == nil || was.PhysicalID != is.PhysicalID || !same(was.Properties, is.Properties) {
			changed = append(changed, id)
		}
		if was != nil && is != nil && was.PhysicalID != is.PhysicalID {
			replaced = append(replaced, id)
		}
	}
	return changed, replaced
}

func same(a, b map[string]any) bool {
	first, err := json.Marshal(a)
	if err != nil {
		return false
	}
	second, err := json.Marshal(b)
	return err == nil && string(first) == string(second)
}
