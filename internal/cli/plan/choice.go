package plan

import (
	"cmp"
	"slices"

	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/option"
)

// kind is how an option passes items, and to which children.
type kind struct {
	passing  plan.Passing
	children plan.Children
}

func kindOf(o option.Option) kind { return kind{o.Setup.Passing, o.Setup.Children} }

// shown returns the options of the table: the recommended one, the cheapest of each
// kind, and one item a child, which is what a Map does without batches. A kind that is
// not possible has its cheapest option, for the reason.
func (r *result) shown() []option.Option {
	byKind := map[kind]option.Option{}
	var single []option.Option
	for _, o := range r.options {
		if o.Setup.Passing == plan.ByValue && o.Setup.Batch == 1 && o.Setup.Memory[plan.Worker] == r.job.setup.Memory[plan.Worker] {
			single = append(single, o)
			if !o.Best {
				continue
			}
		}
		b, ok := byKind[kindOf(o)]
		if !ok || o.Best || !b.Feasible && o.Total().Cmp(b.Total()) < 0 {
			byKind[kindOf(o)] = o
		}
	}
	var all []option.Option
	for _, o := range byKind {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b option.Option) int {
		return cmp.Or(-compareBool(r.isRecommended(a), r.isRecommended(b)), -compareBool(a.Feasible, b.Feasible), a.Total().Cmp(b.Total()), cmp.Compare(a.Name, b.Name))
	})
	for _, o := range single {
		if !slices.ContainsFunc(all, func(a option.Option) bool { return kindOf(a) == kindOf(o) && a.Setup.Batch == 1 }) {
			all = append(all, o)
		}
	}
	return all
}

func (r *result) isRecommended(o option.Option) bool {
	b := r.recommended
	return b != nil && kindOf(o) == kindOf(*b) && o.Setup.Batch == b.Setup.Batch && o.Setup.Memory[plan.Worker] == b.Setup.Memory[plan.Worker]
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
