package form

import (
	"strings"
)

// A source is one schema of the document that holds for a value.
type source struct {
	obj  map[string]any // nil for the schema false
	loc  string         // JSON pointer in the document
	live bool           // holds because of the data: its title and default do not name the value
}

func sourceOf(schema any, loc string) source {
	switch s := schema.(type) {
	case map[string]any:
		return source{obj: s, loc: loc}
	case bool:
		if s {
			return source{obj: map[string]any{}, loc: loc}
		}
	}
	return source{loc: loc}
}

// A view is what all schemas that hold for one value ask together. Views are
// immutable and shared.
type view struct {
	id       string
	words    map[string]any // keywords of which one counts
	typed    bool           // some schema names types
	types    []string       // apart from null
	nullable bool
	never    bool // no value is allowed
	lost     bool // a reference leads out of the document, or cannot be known before

	members  bool // some schema has "properties", be it none
	props    []property
	required map[string]bool
	also     map[string][]string // dependentRequired
	patterns []pattern           // patternProperties
	rest     []source            // additionalProperties, where it says something
	closed   bool                // additionalProperties: false

	prefix   [][]source
	items    []source
	noItems  bool // nothing may follow the prefix
	choices  []choice
	branches []branching
	conds    []condition
	deps     []dependent
	watched  map[string]bool // members on which other fields depend
	refs     []string        // locations that references led to
	sole     map[string]int  // branch that counts where the other one is null, by keyword location
}

type property struct {
	key  string
	srcs []source
	live bool // only schemas that hold because of the data speak of it
}

type pattern struct {
	text string
	srcs []source
}

// A branching is a oneOf or anyOf of which one branch is chosen.
type branching struct {
	loc     string // of the keyword
	options []source
}

type condition struct{ loc, then, otherwise string }

type dependent struct {
	key string
	src source
}

// static reports whether the view is the same for all data.
func (v *view) static() bool {
	return len(v.branches) == 0 && len(v.conds) == 0 && len(v.deps) == 0 && len(v.also) == 0
}

func (v *view) property(key string) *property {
	for i := range v.props {
		if v.props[i].key == key {
			return &v.props[i]
		}
	}
	return nil
}

// maxFacets bounds how many schemas can hold for one value.
const maxFacets = 300

// viewOf merges sources, those that hold because of the data last.
func (f *Form) viewOf(srcs, live []source) *view {
	id := viewID(srcs, live)
	if v, ok := f.views.Load(id); ok {
		return v.(*view)
	}
	m := &merger{doc: f.doc, v: &view{id: id, words: map[string]any{}, required: map[string]bool{}}, seen: map[string]bool{}}
	for _, s := range srcs {
		m.add(s) // one that holds because of the data around does not name the value
	}
	for _, s := range live {
		s.live = true
		m.add(s)
	}
	m.finish()
	if f.cached.Add(1) < maxCached {
		f.views.Store(id, m.v)
	}
	return m.v
}

func viewID(srcs, live []source) string {
	if len(srcs) == 1 && len(live) == 0 && !srcs[0].live {
		return srcs[0].loc
	}
	var b strings.Builder
	if len(srcs) == 0 {
		b.WriteString("none\n") // the whole document has the empty location
	}
	for _, s := range srcs {
		if s.live {
			b.WriteByte('~')
		}
		b.WriteString(s.loc)
		b.WriteByte('\n')
	}
	for _, s := range live {
		b.WriteString("+" + s.loc)
		b.WriteByte('\n')
	}
	return b.String()
}
