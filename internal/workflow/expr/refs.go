package expr

import (
	"maps"
	"slices"
)

// References says what an expression, text or value reads, so that no more has
// to be loaded. A step, key or hook that is chosen while it is evaluated, as in
// steps[x], sets the All… flag of its kind.
type References struct {
	Vars     []string // variables, "context" as "data"
	Steps    []string // X of steps.X
	AllSteps bool
	Data     []string // X of data.X
	AllData  bool
	Hooks    []string // X of hooks.X
	AllHooks bool
}

// Uses says whether the variable is read.
func (r References) Uses(name string) bool { return slices.Contains(r.Vars, name) }

// refs collects References; a nil key stands for the whole variable.
type refs map[string]map[string]bool

const wholeVar = "\x00"

func (r *refs) add(name string, key *string) {
	if *r == nil {
		*r = refs{}
	}
	if (*r)[name] == nil {
		(*r)[name] = map[string]bool{}
	}
	k := wholeVar
	if key != nil {
		k = *key
	}
	(*r)[name][k] = true
}

func (r *refs) merge(other refs) {
	for name, keys := range other {
		for k := range keys {
			if k == wholeVar {
				r.add(name, nil)
				continue
			}
			r.add(name, &k)
		}
	}
}

func (r refs) sorted() References {
	out := References{Vars: slices.Sorted(maps.Keys(r))}
	out.Steps, out.AllSteps = r.keys("steps")
	out.Data, out.AllData = r.keys("data")
	out.Hooks, out.AllHooks = r.keys("hooks")
	return out
}

func (r refs) keys(name string) ([]string, bool) {
	keys := maps.Clone(r[name])
	all := keys[wholeVar]
	delete(keys, wholeVar)
	return slices.Sorted(maps.Keys(keys)), all
}
