package form

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxNames        = 3 * maxFields
	maxUnknownNames = 10
)

// DecodeOptions says what a browser's answer is read against.
type DecodeOptions struct {
	Stored   any            // the stored value that the form showed, nil for none
	Fixed    any            // values of members that people cannot change, beside the stored ones
	Zone     *time.Location // in which dates with time were shown; UTC by default
	Reserved []string       // names of the caller's own fields, beside those that begin with "_"
}

// Decode reads what a browser sent, by the schema and never by guess. Values of
// fixed fields, and members without a field, come from Stored. Text that cannot
// be decoded stays in the value as text, so that nothing typed is lost, and is
// reported. Only names of the form, those that begin with "_" and Reserved are
// accepted. At most 1 MiB is read.
func (f *Form) Decode(values url.Values, opts DecodeOptions) (any, *Errors) {
	d := f.decode(values, opts, false)
	return d.value, d.errs.tidy(d.names)
}

// Submit decodes and validates; each error stands once, at its field.
func (f *Form) Submit(values url.Values, opts DecodeOptions, mode Mode) (any, *Errors) {
	d := f.decode(values, opts, mode.skip)
	if mode.skip {
		d.errs.List = slices.DeleteFunc(d.errs.List, func(e Error) bool { return !refused(e.Code) })
		return d.value, d.errs.result()
	}
	if s := f.judging(mode); s != nil {
		if found := s.validate(d.value, d.names); found != nil {
			d.errs.List = append(d.errs.List, found.List...)
		}
	}
	return d.value, d.errs.tidy(d.names)
}

// A decoded is what a browser sent, read.
type decoded struct {
	value any
	errs  Errors
	names namer
}

func (f *Form) decode(values url.Values, opts DecodeOptions, loose bool) decoded {
	if tooLarge(values) {
		d := decoded{value: opts.Stored, names: plainNames{}}
		d.errs.add(newError(d.names, nil, "too_large", nil))
		return d
	}
	if f.root == nil {
		d := decoded{value: opts.Stored, names: plainNames{}}
		if d.value == nil {
			d.value = map[string]any{}
		}
		f.refuseUnknown(&d, values, map[string]bool{}, nil, opts.Reserved)
		return d
	}
	root, g := f.growTyped(values, opts, loose)
	defer g.end()
	d := decoded{value: root.value, names: &tree{f, root}}
	if !root.present && root.shape.object {
		d.value = map[string]any{}
	}
	taken := map[string]bool{}
	var ignored []string
	root.each(func(n *node) bool {
		n.takes(taken)
		if n.locked {
			ignored = append(ignored, n.at.htmlName())
			return false
		}
		for _, fault := range n.faults {
			e := newError(d.names, tokensOf(n.at.pointer), fault.code, fault.params)
			e.typed, e.name = true, fault.name
			d.errs.add(e)
		}
		return true
	})
	f.refuseUnknown(&d, values, taken, ignored, opts.Reserved)
	return d
}

func (f *Form) growTyped(values url.Values, opts DecodeOptions, loose bool) (*node, *grower) {
	if values == nil {
		values = url.Values{}
	}
	g := f.grower(values, opts.Fixed, opts.Zone)
	g.loose = loose
	return g.root(opts.Stored), g
}

// takes notes the names that a node sends.
func (n *node) takes(taken map[string]bool) {
	taken[n.at.htmlName()] = true
	for _, s := range n.selectors {
		taken[s.name] = true
	}
	if n.shape.structured() {
		taken[n.at.special("n")] = true
		taken[n.at.special("p")] = true
		for i := range n.rows {
			if n.shape.proto.Kind == Group {
				taken[n.at.mapRow(i).special("k")] = true
			}
		}
	}
}

// refused reports whether an error of decoding stands whatever the mode: the
// request itself is wrong, not only what was typed.
func refused(code string) bool {
	return slices.Contains([]string{"unknown_field", "sent_twice", "too_large", "json_text", "file"}, code)
}

func tooLarge(values url.Values) bool {
	size := 0
	for name, texts := range values {
		size += len(name)
		for _, text := range texts {
			size += len(text)
		}
	}
	return size > maxValueBytes || len(values) > maxNames
}

// refuseUnknown reports names that neither the form nor the caller knows. Names
// of fields that are not shown for these data are known.
func (f *Form) refuseUnknown(d *decoded, values url.Values, taken map[string]bool, ignored, reserved []string) {
	var unknown []string
	for name := range values {
		if !taken[name] && !strings.HasPrefix(name, "_") && !slices.Contains(reserved, name) && !below(ignored, name) && !f.knows(name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown[:min(len(unknown), maxUnknownNames)] {
		e := newError(d.names, nil, "unknown_field", Params{"name": cut(name)})
		e.typed = true
		d.errs.add(e)
	}
}

// below reports whether name belongs to a value that is ignored.
func below(ignored []string, name string) bool {
	return slices.ContainsFunc(ignored, func(fixed string) bool {
		rest, ok := strings.CutPrefix(name, fixed)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// Knows reports whether an HTML name could belong to the form, for some data.
func (f *Form) Knows(name string) bool { return f.knows(name) }

// knows reports whether a name could belong to the form for some data.
func (f *Form) knows(name string) bool {
	if f.root == nil {
		return false
	}
	at := f.root
	steps, ok := stepsOf(name)
	if !ok || len(steps) > maxDepth {
		return false
	}
	for _, step := range steps {
		if at = f.possible(at, step); at == nil {
			return false
		}
	}
	return true
}

// possible gives every schema that could hold for what a step of a name leads
// to, nil for none.
func (f *Form) possible(srcs []source, step string) []source {
	all := f.everything(srcs)
	switch {
	case step == "":
		return srcs
	case strings.HasPrefix(step, "~r"):
		v := all
		out := append([]source{}, v.rest...)
		for _, p := range v.patterns {
			out = append(out, p.srcs...)
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case step[0] == '~':
		return srcs
	case step[0] == '[':
		i, _ := strconv.Atoi(step[1:])
		if i < len(all.prefix) {
			return append(append([]source{}, all.prefix[i]...), all.items...)
		}
		return all.items
	}
	key := step[1:]
	if p := all.property(key); p != nil {
		return p.srcs
	}
	if all.required[key] {
		return []source{}
	}
	return nil
}

// speaksOf reports whether a schema that could hold names a member.
func (f *Form) speaksOf(srcs []source, key string) bool { return f.possible(srcs, "."+key) != nil }

// everything gives the view of all schemas that could hold for a value.
func (f *Form) everything(srcs []source) *view {
	var live []source
	for range maxRounds {
		v := f.viewOf(srcs, live)
		next := []source{}
		for _, b := range v.branches {
			next = append(next, b.options...)
		}
		for _, c := range v.conds {
			for _, loc := range []string{c.then, c.otherwise} {
				if loc != "" {
					schema, _ := f.doc.at(loc)
					next = append(next, sourceOf(schema, loc))
				}
			}
		}
		for _, d := range v.deps {
			next = append(next, d.src)
		}
		if len(next) == len(live) || len(next) > maxFacets {
			return v
		}
		live = next
	}
	return f.viewOf(srcs, live)
}

// stepsOf splits an HTML name: ".key" for a member, "[0" for an entry, "~…" for
// what stands beside a value.
func stepsOf(name string) ([]string, bool) {
	if name == rootName {
		return nil, true
	}
	var steps []string
	for _, part := range strings.Split(name, ".") {
		key, rest, indexed := strings.Cut(part, "[")
		switch {
		case strings.HasPrefix(key, "~") && len(key) > 1 && strings.ContainsAny(key[1:2], "nrpbk"):
			steps = append(steps, key)
		case key != "":
			if len(steps) == 0 {
				key = rootKey(key)
			}
			steps = append(steps, "."+nameUnescaper.Replace(key))
		case !indexed || len(steps) > 0 && part[0] != '[':
			steps = append(steps, ".")
		}
		for indexed {
			var digits string
			digits, rest, _ = strings.Cut(rest, "]")
			if n, err := strconv.Atoi(digits); err != nil || n < 0 || n > maxRows {
				return nil, false
			}
			steps = append(steps, "["+digits)
			rest, indexed = strings.CutPrefix(rest, "[")
		}
	}
	return steps, true
}

// rootKey undoes what is special about the first name.
func rootKey(key string) string {
	if key == "~6" {
		return ""
	}
	if rest, ok := strings.CutPrefix(key, "~5"); ok {
		return "_" + rest
	}
	return key
}
