package source

import (
	"embed"
	"io/fs"
	"slices"
)

//go:embed catalogue/*.yaml catalogue/*.json
var catalogue embed.FS

// Page is a page that the API of a source of the catalogue answered, with every field; nil:
// none is recorded. Tests and the simulated cloud use it.
func Page(name string) []byte {
	page, _ := catalogue.ReadFile("catalogue/" + name + ".json")
	return page
}

// The sources that the program's own code speaks of by name.
var AgentVersions, PublishBatches, CloudCenterInstances, AgentInstallStatuses, InstancePatchStates, AgentlessTasks, OperationProcesses Source

// Catalogue lists the program's own sources, in the order in which a first sync makes them
// and people see them: the seven of the first release, then the others by their names.
var Catalogue = embedded([]named{
	{"agent_versions", &AgentVersions},
	{"publish_batches", &PublishBatches},
	{"cloud_center_instances", &CloudCenterInstances},
	{"agent_install_statuses", &AgentInstallStatuses},
	{"instance_patch_states", &InstancePatchStates},
	{"agentless_tasks", &AgentlessTasks},
	{"operation_processes", &OperationProcesses},
})

// All are those of the Catalogue that are synced unless schedule.yaml says otherwise. The
// others have no table until it enables them.
var All = slices.DeleteFunc(slices.Clone(Catalogue), func(s *Source) bool { return s.Off })

type named struct {
	name string
	is   *Source
}

// embedded reads the catalogue. A test has read it before: it can be read.
func embedded(first []named) []*Source {
	dir, err := fs.Sub(catalogue, "catalogue")
	if err != nil {
		panic(err)
	}
	files, err := Files(dir)
	if err != nil {
		panic(err)
	}
	list, err := Read(files, nil)
	if err != nil {
		panic(err)
	}
	place := func(s *Source) int {
		if i := slices.IndexFunc(first, func(n named) bool { return n.name == s.Name }); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(list, func(a, b *Source) int { return place(a) - place(b) })
	for i := range first {
		*first[i].is = *list[i]
		list[i] = first[i].is
	}
	return ordered(list)
}
