package source

import "slices"

// A Policy is a policy of Resource Access Management (RAM), as its console takes it.
//
// https://www.alibabacloud.com/help/en/ram/user-guide/policy-structure-and-syntax
type Policy struct {
	Version   string
	Statement []Statement
}

// A Statement allows actions on resources.
type Statement struct {
	Effect   string
	Action   []string
	Resource any // "*" or a list of ARNs
}

// ReadPolicy is the least policy by which sources can be read, and further actions
// be called. Whoever assumes roles for that, by their ARNs, may do so by a statement
// of its own.
func ReadPolicy(sources []*Source, further []string, roles ...string) Policy {
	p := Policy{Version: "1"}
	actions := slices.Clone(further)
	for _, s := range sources {
		actions = append(actions, s.API.RAMAction)
	}
	if len(actions) > 0 {
		p.Statement = append(p.Statement, Statement{"Allow", sorted(actions), "*"})
	}
	if len(roles) > 0 {
		p.Statement = append(p.Statement, Statement{"Allow", []string{"sts:AssumeRole"}, sorted(roles)})
	}
	return p
}

// sorted names each of the texts once.
func sorted(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }

// WithDependencies are the sources of a list that are chosen, and those whose
// tables these read, in the order of the list.
func WithDependencies(list []*Source, chosen func(*Source) bool) []*Source {
	needed := map[string]bool{}
	var all []*Source
	for _, s := range slices.Backward(list) { // a source stands after those that it reads
		if !needed[s.Name] && !chosen(s) {
			continue
		}
		all = append(all, s)
		for _, name := range s.DependsOn() {
			needed[name] = true
		}
	}
	slices.Reverse(all)
	return all
}
