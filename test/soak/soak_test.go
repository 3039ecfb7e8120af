// Package soak runs a job of every form many times, with faults and in many orders,
// and checks that no item is lost, no execution overlaps and no account is wrong.
package soak

import (
	"flag"
	"os"
	"testing"

	"github.com/mapjob/mapjob/job"
	"github.com/mapjob/mapjob/sfntest"
	"github.com/mapjob/mapjob/sfntest/jobcheck"
	"github.com/mapjob/mapjob/test/soak/mutants"
)

// form is a way to build a job.
type form struct {
	name      string // of its template
	policies  []string
	worker    string // batch, once, processor or callback
	deeds     []deed // of the worker, besides success
	slowError string // of a slow item
	chunker   bool   // reads the items of a rerun
	tolerated int    // percent of the items that may fail
	// survives are the kinds of faults that retries make up for.
	survives []string
}

func forms() []*form {
	policies := []string{"None", "Skip", "Wait", "Replace", "Fail"}
	batches := func(name string) *form {
		return &form{name: name, policies: policies, worker: "batch", deeds: []deed{refuses, panics, busy, late, slow}, slowError: job.ErrorDeadline,
			tolerated: 25, survives: []string{"throttle", "crash", "lost", "duplicate"}}
	}
	value, reference, inline, express, sample := batches("value"), batches("reference"), batches("inline"), batches("express"), batches("sample")
	reference.chunker, inline.chunker = true, true
	express.worker = "once"
	sample.policies, sample.tolerated = []string{"Invoicing"}, 10
	callback := &form{name: "callback", policies: policies, worker: "callback", deeds: []deed{refuses, panics, slow}, slowError: "States.Timeout",
		tolerated: 25, survives: []string{"throttle", "lost", "duplicate"}}
	processor := &form{name: "processor", policies: policies, worker: "processor", deeds: []deed{refuses},
		tolerated: 25, survives: []string{"throttle", "lost", "duplicate"}}
	return []*form{value, reference, inline, express, callback, processor, sample}
}

var (
	onlyForm   = flag.String("soak.form", "", "run only this form of job")
	onlyPolicy = flag.String("soak.policy", "", "run only the job with this overlap policy")
	asMutant   = flag.String("soak.mutant", "", "change the definitions as this mutant does")
	ofKit      = flag.Bool("soak.kit", false, "find the mutants of the kit, each of which has to be compiled, not those of definitions")
)

func TestSoak(t *testing.T) {
	for _, f := range forms() {
		if *onlyForm != "" && *onlyForm != f.name {
			continue
		}
		stack := f.stack(t)
		for _, policy := range f.policies {
			if *onlyPolicy == "" || *onlyPolicy == policy {
				t.Run(f.name+"/"+policy, func(t *testing.T) { sfntest.Explore(t, stack, f.sweep(policy)) })
			}
		}
	}
}

// stack returns the stack with the form's jobs.
func (f *form) stack(t *testing.T) *sfntest.Stack {
	t.Helper()
	text, err := os.ReadFile("forms/testdata/" + f.name + "_1.snap.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants.All() {
		if m.Name == *asMutant {
			if text, err = m.Template(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	return sfntest.Parse(t, text)
}

// sweep returns what is explored of a form with an overlap policy.
func (f *form) sweep(policy string) sfntest.Sweep {
	invariants := append(jobcheck.Invariants(policy), f.invariants(policy)...)
	if policy != "None" {
		invariants = append(invariants, jobcheck.Lock(policy))
	}
	return sfntest.Sweep{
		Seeds: 24,
		Options: func(r *sfntest.Run) []sfntest.Option {
			p := f.planOf(policy, r.Seed)
			r.Values["plan"] = p
			return p.options(r)
		},
		Do:         func(r *sfntest.Run) { r.Values["plan"].(*plan).run(r) },
		Invariants: invariants,
	}
}
