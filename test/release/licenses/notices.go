package licenses

import (
	"fmt"
	"slices"
	"strings"
)

// Merge returns the modules of several lists, each once, with the texts of all of them:
// platforms link different packages of a module.
func Merge(lists ...[]Module) []Module {
	var all []Module
	for _, m := range slices.Concat(lists...) {
		at, found := slices.BinarySearchFunc(all, m.Path, func(a Module, path string) int { return strings.Compare(a.Path, path) })
		if !found {
			m.Texts, m.Licenses = slices.Clone(m.Texts), slices.Clone(m.Licenses)
			all = slices.Insert(all, at, m)
			continue
		}
		for _, text := range m.Texts {
			if !slices.Contains(all[at].Texts, text) {
				all[at].Texts = append(all[at].Texts, text)
			}
		}
		all[at].Licenses = append(all[at].Licenses, m.Licenses...)
		slices.Sort(all[at].Licenses)
		all[at].Licenses = slices.Compact(all[at].Licenses)
	}
	return all
}

// Notices returns the text that a program has to come with: the modules, and each of
// their licenses and notices once.
func Notices(program string, modules []Module) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s contains code of the following Go modules and folders. Their licenses and notices follow.\n\n", program)
	for _, m := range modules {
		fmt.Fprintf(&b, "%s (%s)\n", strings.TrimSpace(m.Path+" "+m.Version), strings.Join(m.Licenses, ", "))
	}
	var texts []string
	owners := map[string][]string{}
	for _, m := range modules {
		for _, t := range m.Texts {
			if owners[t.Text] == nil {
				texts = append(texts, t.Text)
			}
			owners[t.Text] = append(owners[t.Text], m.Path+" "+t.Name)
		}
	}
	for _, text := range texts {
		fmt.Fprintf(&b, "\n%s\n\n", strings.Repeat("-", 80))
		for _, owner := range owners[text] {
			fmt.Fprintf(&b, "%s\n", owner)
		}
		fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(text, "\n"))
	}
	return b.String()
}
