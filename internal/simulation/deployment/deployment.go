// Package deployment reads what a simulation runs: the state machines of a stack, its
// functions, and the resources around them.
package deployment

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/definition"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/eventsource"
	"github.com/mapjob/mapjob/internal/integration"
	"github.com/mapjob/mapjob/internal/invocation"
	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/memory/dynamodb"
	"github.com/mapjob/mapjob/internal/memory/topics"
	"github.com/mapjob/mapjob/internal/template"
	"github.com/mapjob/mapjob/internal/value"
)

// Types of resources in a template.
const (
	machineType     = "AWS::StepFunctions::StateMachine"
	functionType    = "AWS::Lambda::Function"
	bucketType      = "AWS::S3::Bucket"
	tableType       = "AWS::DynamoDB::Table"
	globalTableType = "AWS::DynamoDB::GlobalTable"
	secretType      = "AWS::SecretsManager::Secret"
)

// Timeouts of functions: of one whose template sets none, and the longest (Lambda
// developer guide, "Lambda quotas").
const (
	defaultTimeout = 3 * time.Second
	maxTimeout     = 15 * time.Minute
)

// Stack is what simulations run: state machines, the functions that they invoke,
// and the resources around them. It does not change, so simulations may share it.
type Stack struct {
	Machines  []*Machine
	Functions []*Function
	// Template has the resources; nil for a definition on its own.
	Template *template.Stack

	Buckets []string // names
	Tables  []Table
	Queues  []*eventsource.Queue // no FIFO queues
	Secrets []Secret
	// Mappings are of functions that are invoked with the messages of queues.
	Mappings []invocation.Mapping

	found sync.Map // functions by the names by which tests have found them
}

// Table is a table of the stack.
type Table struct {
	Name   string
	Schema dynamodb.Schema
}

// resource is a resource of the template with its properties, resolved.
type resource struct {
	*template.Resource
	name       string
	properties map[string]any
}

// Secret is a secret of the stack. Value is nil if it is generated.
type Secret struct {
	*template.Resource
	Name  string
	Value *string
}

// Machine is a state machine of a stack.
type Machine struct {
	ID         string // path of its construct in the stack
	Name, ARN  string
	Definition *asl.StateMachine
	Text       string // of the definition
	Type       engine.Type
	Resource   *template.Resource // nil for a definition on its own

	Tasks []*asl.State
	// Unanswered are the tasks that no service answers.
	Unanswered []*asl.State

	paths map[*asl.State]string // such as Locked/Map/Worker
	named map[string]string     // paths, by the names of the states
}

// Function is a function of a stack.
type Function struct {
	ID        string // path of its construct in the stack
	Name, ARN string
	Timeout   time.Duration
	Resource  *template.Resource // nil for a definition on its own

	// States are those that invoke it, by their names.
	States []string
	// Events says how the function is invoked asynchronously.
	Events invocation.EventConfig
}

// Read reads the state machines and functions of a template's stack. The error has
// all problems of their definitions.
func Read(t *template.Stack) (*Stack, error) {
	s := &Stack{Template: t}
	var errs []error
	for _, r := range t.Resources(functionType) {
		var properties struct{ Timeout float64 }
		if err := r.Decode(&properties); err != nil {
			errs = append(errs, fmt.Errorf("function %s: %w", t.ShortName(r), err))
		}
		timeout := cmp.Or(time.Duration(properties.Timeout)*time.Second, defaultTimeout)
		s.Functions = append(s.Functions, &Function{ID: pathIn(t, r), Name: r.PhysicalName(), ARN: r.ARN(), Timeout: timeout, Resource: r})
	}
	for _, r := range t.Resources(machineType) {
		m, err := readMachine(t, r)
		if err != nil {
			errs = append(errs, fmt.Errorf("state machine %s: %w", t.ShortName(r), err))
			continue
		}
		s.Machines = append(s.Machines, m)
	}
	for _, r := range t.Resources(bucketType) {
		s.Buckets = append(s.Buckets, r.PhysicalName())
	}
	tables, err := resourcesOf(t, tableType, globalTableType)
	errs = append(errs, err)
	for _, r := range tables {
		schema, err := dynamodb.ReadSchema(r.properties)
		s.Tables, errs = append(s.Tables, Table{r.name, schema}), append(errs, err)
	}
	s.Queues, err = queuesOf(t)
	errs = append(errs, err, s.readEvents())
	for _, r := range t.Resources(secretType) {
		secret := Secret{Resource: r, Name: r.PhysicalName()}
		var p struct{ Name, SecretString *string }
		if r.Decode(&p) == nil { // else it is not known here
			secret.Value = p.SecretString
		}
		if p.Name != nil {
			secret.Name = *p.Name
		}
		s.Secrets = append(s.Secrets, secret)
	}
	s.Mappings, err = s.mappings()
	s.index()
	return s, errors.Join(append(errs, err)...)
}

// resourcesOf returns the resources of some types.
func resourcesOf(t *template.Stack, types ...string) ([]resource, error) {
	var list []resource
	var errs []error
	for _, r := range t.Resources(types...) {
		properties, err := r.Properties()
		list, errs = append(list, resource{r, r.PhysicalName(), properties}), append(errs, err)
	}
	return list, errors.Join(errs...)
}

func readMachine(t *template.Stack, r *template.Resource) (*Machine, error) {
	text, express, err := definition.Of(r)
	if err != nil {
		return nil, err
	}
	parsed, err := asl.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	m := &Machine{ID: pathIn(t, r), Name: r.PhysicalName(), ARN: r.ARN(), Definition: parsed, Text: text, Type: engine.Standard, Resource: r}
	if express {
		m.Type = engine.Express
	}
	return m, nil
}

// pathIn returns the path of a resource's construct: below the stack, or the whole
// path if it is of another stack.
func pathIn(t *template.Stack, r *template.Resource) string {
	if !t.Own(r) {
		return r.Path()
	}
	return strings.TrimPrefix(r.Path(), t.Path+"/")
}

// Lone returns a stack of a single state machine, whose functions are those that
// its tasks name.
func Lone(definition *asl.StateMachine) *Stack {
	const name = "StateMachine"
	s := &Stack{Machines: []*Machine{{ID: name, Name: name, ARN: arn("states", "stateMachine:"+name), Definition: definition, Text: string(definition.Definition), Type: engine.Standard}}}
	for _, address := range invoked(definition) {
		if s.Function(address) == nil {
			f := &Function{ID: lambdahost.NameOf(address), Name: lambdahost.NameOf(address), ARN: address, Timeout: maxTimeout}
			if !strings.HasPrefix(address, "arn:") {
				f.ARN = arn("lambda", "function:"+f.Name)
			}
			f.Events = eventsource.Config(f.Name, f.ARN)
			s.Functions = append(s.Functions, f)
		}
	}
	s.index()
	return s
}

func arn(service, resource string) string {
	return strings.Join([]string{"arn", template.Partition, service, template.Region, template.Account, resource}, ":")
}

// index notes the paths of states, and which of them invoke which functions.
func (s *Stack) index() {
	for _, m := range s.Machines {
		m.paths, m.named = map[*asl.State]string{}, map[string]string{}
		m.addPaths(&m.Definition.Flow, "")
		m.findTasks()
		for state, address := range invoked(m.Definition) {
			if f := s.Function(address); f != nil && !slices.Contains(f.States, state) {
				f.States = append(f.States, state)
			}
		}
	}
}

func (m *Machine) addPaths(flow *asl.Flow, prefix string) {
	for _, state := range flow.States {
		path := prefix + state.Name
		m.paths[state], m.named[state.Name] = path, path
		if state.Parallel != nil {
			for _, branch := range state.Parallel.Branches {
				m.addPaths(branch, path+"/")
			}
		}
		if state.Map != nil {
			m.addPaths(&state.Map.Processor.Flow, path+"/")
		}
	}
}

func (m *Machine) findTasks() {
	known := integration.Services{Functions: anyFunction{}, Messages: topics.New()}
	for state := range m.Definition.AllStates() {
		if state.Task == nil {
			continue
		}
		m.Tasks = append(m.Tasks, state)
		if _, err := known.Find(state.Task.Resource, nil); err != nil {
			m.Unanswered = append(m.Unanswered, state)
		}
	}
}

// anyFunction has every function: whether it has a handler is another question.
type anyFunction struct{ integration.Functions }

func (anyFunction) Has(string) bool { return true }

// invoked yields the names of the Task states that invoke functions, with the name or
// ARN of the function. Functions whose name is computed are left out.
func invoked(machine *asl.StateMachine) iter.Seq2[string, string] {
	definition, _ := value.Parse(machine.Definition) // it was parsed before
	return func(yield func(string, string) bool) { eachInvoked(definition, yield) }
}

func eachInvoked(v any, yield func(state, address string) bool) bool {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			if !eachInvoked(element, yield) {
				return false
			}
		}
	case *value.Object:
		states, _ := v.Get("States")
		list, _ := states.(*value.Object)
		for name, state := range list.All() {
			if address := invokedBy(state); address != "" && !yield(name, address) {
				return false
			}
		}
		for _, member := range v.All() {
			if !eachInvoked(member, yield) {
				return false
			}
		}
	}
	return true
}

func invokedBy(state any) string {
	o, _ := state.(*value.Object)
	resource := text(o, "Resource")
	if strings.Contains(resource, ":lambda:") && strings.Contains(resource, ":function:") {
		return resource
	}
	if !strings.Contains(resource, ":states:::lambda:invoke") && !strings.Contains(resource, ":states:::aws-sdk:lambda:invoke") {
		return ""
	}
	for _, field := range []string{"Arguments", "Parameters"} {
		arguments, _ := o.Get(field)
		o, _ := arguments.(*value.Object)
		if name := text(o, "FunctionName"); name != "" && !strings.HasPrefix(name, "{%") {
			return name
		}
	}
	return ""
}

// text returns a member of an object that is a string, else "".
func text(o *value.Object, member string) string {
	v, _ := o.Get(member)
	s, _ := v.(string)
	return s
}

// Function returns the function with a name or an ARN, which may have a version
// or an alias; nil if there is none.
func (s *Stack) Function(address string) *Function {
	name := lambdahost.NameOf(address)
	for _, f := range s.Functions {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Path returns the path of a state, such as Locked/Map/Worker.
func (m *Machine) Path(state *asl.State) string { return m.paths[state] }

// PathOf returns the path of the state with a name, which is the only one of the state
// machine.
func (m *Machine) PathOf(state string) string { return m.named[state] }

// Started returns the state machine of an execution; nil for children of Map Runs,
// which can't be stopped.
func (s *Stack) Started(execution string) *Machine {
	if strings.Contains(execution, "/") {
		return nil
	}
	return s.MachineOf(execution)
}

// MachineOf returns the state machine of an execution, or of the one whose Map Run has
// it as a child; nil if it is not one of the stack.
func (s *Stack) MachineOf(execution string) *Machine {
	parts := strings.Split(execution, ":") // arn:aws:states:REGION:ACCOUNT:execution:NAME:…
	if len(parts) < 8 {
		return nil
	}
	name, _, _ := strings.Cut(parts[6], "/") // before the label of the Map Run
	for _, m := range s.Machines {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// Described returns the name of a function as messages have it.
func (f *Function) Described() string {
	if f.Resource == nil || f.ID == f.Resource.ID {
		return f.ID
	}
	return fmt.Sprintf("%s (%s)", f.ID, f.Resource.ID)
}

// FunctionNames lists the functions.
func (s *Stack) FunctionNames() string {
	var names []string
	for _, f := range s.Functions {
		names = append(names, f.ID)
	}
	return strings.Join(names, ", ")
}

// TaskNames lists the paths of the Task states.
func (s *Stack) TaskNames() string {
	var names []string
	for _, m := range s.Machines {
		for _, state := range m.Tasks {
			names = append(names, m.paths[state])
		}
	}
	return strings.Join(names, ", ")
}
