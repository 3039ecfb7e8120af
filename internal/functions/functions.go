// Package functions reads the functions of a stack: how each of them starts on
// this machine, or why it does not.
package functions

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/lambdahost"
	"github.com/mapjob/mapjob/internal/runtimes"
	"github.com/mapjob/mapjob/internal/template"
)

// Type is the type of functions in a template.
const Type = "AWS::Lambda::Function"

// Options are what functions start with.
type Options struct {
	// Folder gets code that is unpacked or built.
	Folder string
	// Built is the folder of the functions that are built. If it is kept, the next
	// build builds only what changed.
	Built string
	// Endpoints are where the services of this machine are, as environment
	// variables.
	Endpoints []string
	// Replacements replace functions, or parts of them.
	Replacements Replacements
}

// Functions are the functions of a stack.
type Functions struct {
	Running []Function
	Absent  map[*template.Resource]error // why they do not run
	Ignored []string                     // what functions have on AWS, and not here
}

// Function is a function that runs on this machine.
type Function struct {
	Resource *template.Resource
	Host     lambdahost.Function
}

// Read reads the functions of a stack. One that can't run is absent, and keeps no
// other from it.
func Read(ctx context.Context, stack *template.Stack, o Options) (*Functions, error) {
	b := &builder{stack: stack, options: &o}
	if err := b.named(); err != nil {
		return nil, err
	}
	built, failed, err := b.build(ctx)
	if err != nil {
		return nil, err
	}
	found := &Functions{Absent: map[*template.Resource]error{}}
	var inVPC []string
	layered := map[*template.Resource]unpacked{}
	for _, resource := range all(stack) {
		if reason := failed[resource]; reason != nil {
			found.Absent[resource] = reason
			continue
		}
		r := &reader{stack: stack, options: &o, resource: resource, given: o.Replacements.get(resource), built: built[resource], found: found, layered: layered}
		host, err := r.read()
		if err != nil {
			found.Absent[resource] = err
			continue
		}
		found.Running = append(found.Running, Function{resource, *host})
		if resource.Has("VpcConfig") {
			inVPC = append(inVPC, stack.ShortName(resource))
		}
	}
	if len(inVPC) > 0 {
		found.Ignored = append(found.Ignored, "VpcConfig is ignored, functions use the network of this machine: "+strings.Join(inVPC, ", "))
	}
	return found, nil
}

// all lists the functions of a stack, without those of custom resources, which run
// when a stack is deployed.
func all(stack *template.Stack) []*template.Resource {
	deploy := map[string]bool{}
	for _, r := range stack.Resources() {
		var p struct{ ServiceToken string }
		if r.Has("ServiceToken") && r.Decode(&p) == nil {
			deploy[p.ServiceToken] = true
		}
	}
	return slices.DeleteFunc(stack.Resources(Type), func(r *template.Resource) bool { return deploy[r.ARN()] })
}

// Find returns a function by its physical name, or as [template.Stack.Find] does.
// Flag is the one that sets the name.
func Find(stack *template.Stack, name, flag string) (*template.Resource, error) {
	named := all(stack)
	for _, r := range named {
		if r.PhysicalName() == name {
			return r, nil
		}
	}
	return stack.FindAmong(named, name, "function", flag)
}

// reader reads one function.
type reader struct {
	stack    *template.Stack
	options  *Options
	resource *template.Resource
	given    *substitute
	built    string // its executable, if its package was built
	found    *Functions
	layered  map[*template.Resource]unpacked // layers that a function has asked for
}

// unpacked is the folder of a layer, or why there is none.
type unpacked struct {
	folder string
	err    error
}

// properties has the properties of AWS::Lambda::Function that matter on this
// machine, without code, layers and environment.
type properties struct {
	Handler                      string
	MemorySize                   int
	ReservedConcurrentExecutions int
	Runtime                      string
	Timeout                      int // seconds
}

// read returns how the function runs. The error says why it can't.
func (r *reader) read() (*lambdahost.Function, error) {
	var p properties
	if err := r.resource.Decode(&p); err != nil {
		return nil, err
	}
	f := &lambdahost.Function{
		Name:        r.resource.PhysicalName(),
		Handler:     p.Handler,
		ARN:         r.resource.ARN(),
		Timeout:     time.Duration(p.Timeout) * time.Second,
		MemoryMB:    p.MemorySize,
		Concurrency: p.ReservedConcurrentExecutions,
	}
	if r.given.stub != nil {
		f.Answer = r.given.stub.Answer
		return f, nil
	}
	program, err := r.program(p.Runtime, p.Handler)
	if err != nil {
		return nil, err
	}
	f.Command, f.Dir = program.Command, program.folder
	if f.Env, err = r.environment(); err != nil {
		return nil, err
	}
	for name, value := range program.Env {
		own := f.Env[name]
		switch {
		case own == "":
			f.Env[name] = value
		case value != "" && runtimes.IsPathList(name):
			f.Env[name] = value + string(os.PathListSeparator) + own
		}
	}
	return f, nil
}

// environment returns the variables of the function: those of the template, and
// where the services of this machine are.
func (r *reader) environment() (map[string]string, error) {
	environment := map[string]string{
		"AWS_ACCESS_KEY_ID":         "local",
		"AWS_SECRET_ACCESS_KEY":     "local",
		"AWS_EC2_METADATA_DISABLED": "true",
	}
	for _, variable := range r.options.Endpoints {
		name, url, _ := strings.Cut(variable, "=")
		environment[name] = url
	}
	resolved, failed := r.resource.Members("Environment", "Variables")
	for name, v := range resolved {
		environment[name] = fmt.Sprint(v)
	}
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		if _, ok := r.given.env[name]; !ok {
			return nil, fmt.Errorf("environment variable %s: %w; or set the variable with --env %s.%s=VALUE", name, failed[name], r.stack.ShortName(r.resource), name)
		}
	}
	maps.Copy(environment, r.given.env)
	return environment, nil
}
