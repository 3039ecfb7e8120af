package injection

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mapjob/mapjob/internal/asl/services"
	"github.com/mapjob/mapjob/internal/definition"
	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/fault/tasks"
	"github.com/mapjob/mapjob/internal/lambdahost"
)

// Machine is a state machine of a stack.
type Machine struct {
	Name       fault.Name
	ARN        string
	Definition string
}

// Function is a function of a stack.
type Function struct {
	Name     fault.Name
	Physical string
	ARN      string
}

// Places are where faults can strike in a stack.
type Places struct {
	machines  []Machine
	functions []Function
	states    []state
}

// state is a state of a state machine.
type state struct {
	machine  *Machine
	name     string
	path     string // such as Locked/Map/Worker
	kind     string // its Type
	resource services.Resource
	function *Function // that it invokes; nil if it invokes none, or the input names it
	results  bool      // a Map Run with a ResultWriter
	mapped   bool      // inside a Map
	child    bool      // inside a Distributed Map
	rare     bool      // most runs do not come there
	replaced string    // why no task is called there; "" if one is
}

// Find finds the places of a stack. Definitions that can't be read have none.
func Find(machines []Machine, functions []Function) *Places {
	p := &Places{machines: machines, functions: functions}
	for i := range machines {
		var all flow
		if json.Unmarshal([]byte(machines[i].Definition), &all) == nil {
			p.add(all, state{machine: &machines[i]})
		}
	}
	return p
}

// Started returns the state machine with an ARN, and those that it may start: their
// ARNs are in its definition.
func Started(arn string, among []Machine) []Machine {
	var found []Machine
	for next := []string{arn}; len(next) > 0; next = next[1:] {
		i := slices.IndexFunc(among, func(m Machine) bool { return m.ARN == next[0] })
		if i < 0 || slices.ContainsFunc(found, func(m Machine) bool { return m.ARN == next[0] }) {
			continue
		}
		found = append(found, among[i])
		for _, other := range among {
			if definition.Names(among[i].Definition, other.ARN) {
				next = append(next, other.ARN)
			}
		}
	}
	return found
}

// flow has what matters of a state machine, a branch or an item processor.
type flow struct {
	StartAt         string
	States          map[string]json.RawMessage
	ProcessorConfig struct{ Mode string }
}

// add adds the states of a flow in a state.
func (p *Places) add(within flow, in state) {
	usual := within.usual()
	for _, name := range slices.Sorted(maps.Keys(within.States)) {
		var s struct {
			Type, Resource          string
			ItemProcessor, Iterator flow
			Branches                []flow
			ResultWriter            any
		}
		if json.Unmarshal(within.States[name], &s) != nil {
			continue
		}
		at := in
		at.name, at.path, at.kind = name, strings.TrimPrefix(in.path+"/"+name, "/"), s.Type
		at.rare = in.rare || !usual[name] || strings.Contains(name, "Rerun") // of a job
		distributed := s.ItemProcessor.ProcessorConfig.Mode == "DISTRIBUTED"
		at.results = distributed && s.ResultWriter != nil
		if s.Type == "Task" {
			at.resource, _ = services.Parse(s.Resource)
			at.function = p.namedIn(string(within.States[name]))
		}
		p.states = append(p.states, at)
		inner := at
		for _, branch := range s.Branches {
			p.add(branch, inner)
		}
		inner.mapped, inner.child = true, in.child || distributed
		p.add(s.ItemProcessor, inner)
		p.add(s.Iterator, inner)
	}
}

// usual returns the states from which a run can succeed, and to which no error leads.
func (d *flow) usual() map[string]bool {
	type step struct {
		Type, Next, Default string
		End                 bool
		Choices             []struct{ Next string }
	}
	leads := map[string][]string{} // to other states
	succeeds := map[string]bool{}
	for name, text := range d.States {
		var s step
		if json.Unmarshal(text, &s) != nil {
			continue
		}
		leads[name] = []string{s.Next, s.Default}
		for _, rule := range s.Choices {
			leads[name] = append(leads[name], rule.Next)
		}
		succeeds[name] = s.End || s.Type == "Succeed"
	}
	for range leads { // each round finds those that are one step further away
		for name, to := range leads {
			succeeds[name] = succeeds[name] || slices.ContainsFunc(to, func(next string) bool { return succeeds[next] })
		}
	}
	found := map[string]bool{}
	for next := []string{d.StartAt}; len(next) > 0; next = next[1:] {
		if name := next[0]; succeeds[name] && !found[name] {
			found[name] = true
			next = append(next, leads[name]...)
		}
	}
	return found
}

// namedIn returns the function that a text names by its ARN or its name.
func (p *Places) namedIn(text string) *Function {
	for i := range p.functions {
		f := &p.functions[i]
		if strings.Contains(text, strconv.Quote(f.Physical)) || definition.Names(text, f.ARN) {
			return f
		}
	}
	return nil
}

// Replace says that something else answers the tasks of states with a name.
func (p *Places) Replace(name, reason string) {
	for i := range p.states {
		if p.states[i].name == name {
			p.states[i].replaced = reason
		}
	}
}

// Names returns the names that faults may use.
func (p *Places) Names() fault.Names {
	var names fault.Names
	for _, m := range p.machines {
		names.Machines = append(names.Machines, m.Name)
	}
	for _, s := range p.states {
		names.States = append(names.States, fault.Name{Path: s.path})
	}
	for _, f := range p.functions {
		names.Functions = append(names.Functions, f.Name)
	}
	return names
}

// Reason returns why a fault can't strike; "" if it can.
func (p *Places) Reason(f *fault.Fault) string {
	switch {
	case f.Fault == fault.Expire:
		return "time is that of this machine, expected stop with after, or a test with sfntest"
	case (f.Fault == fault.Stop || f.Fault == fault.Redriven) && len(p.machines) == 0:
		return "the stack has no state machine"
	case f.Call != "" && !p.called(f.Call):
		return "on this machine only calls of tasks, and those of functions to s3, dynamodb, sqs, lambda and states, go through mapjob"
	case f.State == "":
		return ""
	}
	reason := "there is no such state"
	for i := range p.states {
		s := &p.states[i]
		if !fault.SameName(f.State, s.path) || f.Machine != "" && !fault.SameName(f.Machine, s.machine.Name.Path) {
			continue
		}
		if reason = s.reason(f); reason == "" {
			return ""
		}
	}
	return reason
}

// reason returns why a fault can't strike in a state.
func (s *state) reason(f *fault.Fault) string {
	switch {
	case f.Fault == fault.Stop && s.child:
		return "a child of a Map Run can't be stopped on its own"
	case f.Fault == fault.Stop:
		return ""
	case f.Fault == fault.Redriven && !s.results:
		return "the state is no Distributed Map with a ResultWriter"
	case f.Fault == fault.Redriven:
		return ""
	case s.kind != "Task":
		return fmt.Sprintf("the state has the type %s, expected a Task", s.kind)
	case s.replaced != "":
		return s.replaced
	case s.byEngine():
		return "the engine itself answers " + s.resource.ARN
	case f.OnlyFunctions() && !s.invokes():
		return "the state invokes no function"
	}
	return ""
}

// byEngine reports whether the engine answers the task.
func (s *state) byEngine() bool {
	return s.resource.Service == "aws-sdk:sfn" || s.resource.Service == "states" && s.resource.Action == "startExecution"
}

// invokes reports whether the task invokes a function.
func (s *state) invokes() bool {
	return s.kind == "Task" && tasks.Call(&s.resource) == tasks.Invoke
}

// called reports whether tasks, or functions of the stack, can call something of
// that name.
func (p *Places) called(call string) bool {
	service, _, _ := strings.Cut(call, ":")
	if slices.Contains(proxied(), service) && len(p.functions) > 0 {
		return true
	}
	return slices.ContainsFunc(p.states, func(s state) bool {
		return s.kind == "Task" && s.resource.ARN != "" && strings.HasPrefix(tasks.Call(&s.resource), service+":")
	})
}

// proxied lists the services whose requests by functions can go wrong.
func proxied() []string { return []string{"s3", "dynamodb", "lambda", "states", "sqs"} }

// Kinds lists the kinds of faults that are drawn for a run. A timeout is none of
// them: it may take 15 minutes.
func Kinds() []string {
	return slices.DeleteFunc(fault.Kinds(), func(kind string) bool { return kind == fault.Expire || kind == fault.Timeout })
}

// Sites returns the sites that a run of a state machine has, from which faults can be
// drawn. The machine is the path of one; "" is all. Its Maps have so many items. Rare
// ones, such as retries, are among them if rare is true.
func (p *Places) Sites(machine string, items int, rare bool) *fault.Sites {
	sites := &fault.Sites{Longest: 3 * time.Second}
	invoked := map[*Function]bool{}
	for i := range p.states {
		s := &p.states[i]
		if machine != "" && s.machine.Name.Path != machine || s.rare && !rare {
			continue
		}
		place := fault.Site{Machine: s.machine.Name.Path, State: s.path}
		record := func(moment fault.Moment, site fault.Site) {
			site.Moment = moment
			sites.Record(site)
		}
		if !s.child && slices.Contains([]string{"Task", "Map", "Parallel", "Wait"}, s.kind) { // others take no time
			record(fault.Entry, place)
		}
		if s.results {
			record(fault.Results, place)
		}
		if s.kind != "Task" || s.byEngine() || s.resource.ARN == "" || s.replaced != "" {
			continue
		}
		place.Call = tasks.Call(&s.resource)
		if s.function != nil {
			place.Function = s.function.Name.Path
			invoked[s.function] = true
		}
		if s.mapped {
			for item := range min(items, maxDrawnItems) {
				place.Items = append(place.Items, item)
			}
		}
		p.tries(place, rare, record)
	}
	for i := range p.functions {
		if f := &p.functions[i]; machine == "" && !invoked[f] { // by events and queues
			p.tries(fault.Site{Function: f.Name.Path, Call: tasks.Invoke}, rare, func(moment fault.Moment, site fault.Site) {
				site.Moment = moment
				sites.Record(site)
			})
		}
	}
	return sites
}

// maxDrawnItems is the most items of which one is drawn.
const maxDrawnItems = 10_000

// tries records the first try of a task, the first writes of its function, and a retry
// if rare is true.
func (p *Places) tries(place fault.Site, rare bool, record func(fault.Moment, fault.Site)) {
	record(fault.Task, place)
	if rare {
		place.Attempt = 1
		record(fault.Task, place)
		place.Attempt = 0
	}
	if place.Function == "" {
		return
	}
	for place.Write = 1; place.Write <= 5; place.Write++ {
		record(fault.Write, place)
	}
}

// machineOf returns the path of a state machine by its ARN, or that of a child of its
// Maps.
func (p *Places) machineOf(arn string) string {
	arn, _, _ = strings.Cut(arn, "/")
	for i := range p.machines {
		if p.machines[i].ARN == arn {
			return p.machines[i].Name.Path
		}
	}
	return ""
}

// stateOf returns the path of a state of a state machine.
func (p *Places) stateOf(machine, name string) string {
	for i := range p.states {
		if s := &p.states[i]; s.name == name && s.machine.Name.Path == machine {
			return s.path
		}
	}
	return name
}

// functionOf returns the path of a function by its name or ARN.
func (p *Places) functionOf(name string) string {
	name = lambdahost.NameOf(name)
	for i := range p.functions {
		if p.functions[i].Physical == name {
			return p.functions[i].Name.Path
		}
	}
	return name
}
