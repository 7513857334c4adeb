package form

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// An Acted is what an action made of what was typed.
type Acted struct {
	Values url.Values // to show in place of what was sent
	Focus  string     // for State.Focus
	Errors *Errors    // why nothing was done: a JSON text that cannot be read
}

// Act does what a button of the form asks, to what was typed: it adds, removes
// or moves rows, opens or closes a group, clears a file, turns a group into a
// JSON field and back. Anything else, such as "update", changes nothing: the
// form then shows what goes with the data. Nothing typed is judged or lost.
func (f *Form) Act(values url.Values, op string, opts DecodeOptions) Acted {
	verb, name, _ := strings.Cut(op, ":")
	a := &actor{values: maps.Clone(values), acted: Acted{Focus: "in:" + name}}
	a.acted.Values = a.values
	if a.values == nil {
		a.values = url.Values{}
		a.acted.Values = a.values
	}
	switch {
	case f.root == nil:
		return a.acted
	case tooLarge(values):
		a.fail(f.plainError("too_large"))
		return a.acted
	}
	g := f.grower(a.values, opts.Fixed, opts.Zone)
	defer g.end()
	g.show = true
	root := g.root(opts.Stored)
	switch verb {
	case "add":
		a.add(root.find(name))
	case "remove", "up", "down":
		a.move(root, verb, name)
	case "open", "close":
		a.open(root.find(name), verb)
	case "clear":
		a.empty(root.find(name))
	case "json":
		f.toJSON(a, root.find(name))
	case "form":
		f.toForm(a, root.find(name), opts)
	case "update", "":
		a.done = true
	}
	if !a.done && a.acted.Errors.Empty() {
		a.fail(f.plainError("no_action"))
	}
	return a.acted
}

// An actor changes what was typed, by names.
type actor struct {
	values url.Values
	acted  Acted
	done   bool // what was asked could be done
}

func (a *actor) fail(e Error) { a.acted.Errors = &Errors{List: []Error{e}} }

// plainError is an error of the whole form.
func (f *Form) plainError(code string) Error {
	return Error{Code: code, Params: Params{}, Message: English.Sentence(code, Params{})}
}

// empty takes the file out of a control.
func (a *actor) empty(n *node) {
	if n != nil && !n.locked && n.shape.proto.Kind == File {
		a.values.Set(n.at.htmlName(), "")
		a.done = true
	}
}

// holder gives the place whose rows a node holds, nil when it holds none.
func holder(n *node) *node {
	if n == nil || n.locked {
		return nil
	}
	n = n.control()
	if n.shape.proto.Kind == List || n.shape.proto.Kind == Group && n.shape.rows {
		return n
	}
	return nil
}

func (n *node) rowPlace(i int) place {
	if n.shape.proto.Kind == List {
		return n.at.item(i)
	}
	return n.at.mapRow(i)
}

func (a *actor) add(n *node) {
	if n = holder(n); n == nil {
		return
	}
	least, most := n.shape.rowLimits()
	count := len(n.rows)
	if count >= maxRows || most >= 0 && count >= most || n.shape.hints.denies("addable") {
		return
	}
	a.done = true
	origins := n.origins
	for len(origins) == count || len(origins) < least && len(origins) < 50 {
		origins = append(origins, -1)
		a.drop(n.rowPlace(len(origins) - 1).name) // left over from a row that was removed elsewhere
	}
	a.values.Set(n.at.special("n"), originText(origins))
	a.acted.Focus = "in:" + n.rowPlace(count).name
}

// move removes a row or changes its place with a neighbour.
func (a *actor) move(root *node, verb, name string) {
	var list *node
	at := -1
	root.each(func(n *node) bool {
		for i := range n.rows {
			if n.rowPlace(i).name == name {
				list, at = n, i
			}
		}
		return list == nil
	})
	if list = holder(list); list == nil {
		return
	}
	origins := slices.Clone(list.origins)
	other := at
	switch {
	case verb == "up" && at > 0:
		other = at - 1
	case verb == "down" && at < len(origins)-1:
		other = at + 1
	case verb == "remove":
		a.remove(list, at, origins)
		return
	}
	if other == at {
		return
	}
	a.done = true
	origins[at], origins[other] = origins[other], origins[at]
	a.swap(list.rowPlace(at).name, list.rowPlace(other).name)
	a.values.Set(list.at.special("n"), originText(origins))
	target := list.rowPlace(other).name
	a.acted.Focus = verb + ":" + target
	if verb == "up" && other <= len(list.shape.view.prefix) {
		a.acted.Focus = "down:" + target
	}
	if verb == "down" && other == len(origins)-1 {
		a.acted.Focus = "up:" + target
	}
}

func (a *actor) remove(list *node, at int, origins []int) {
	a.done = true
	a.drop(list.rowPlace(at).name)
	for i := at; i < len(origins)-1; i++ {
		a.swap(list.rowPlace(i).name, list.rowPlace(i+1).name)
	}
	origins = slices.Delete(origins, at, at+1)
	a.values.Set(list.at.special("n"), originText(origins))
	least, _ := list.shape.rowLimits()
	switch {
	case len(origins) > least && len(origins) > 0:
		a.acted.Focus = "remove:" + list.rowPlace(min(at, len(origins)-1)).name
	default:
		a.acted.Focus = "add:" + list.at.htmlName()
	}
}

// under reports whether a name is that of a place or lies below it, and gives
// the rest.
func under(name, at string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(name, at)
	return rest, ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func (a *actor) drop(at string) {
	for name := range a.values {
		if _, ok := under(name, at); ok {
			delete(a.values, name)
		}
	}
}

func (a *actor) swap(one, other string) {
	moved := url.Values{}
	for name, texts := range a.values {
		if rest, ok := under(name, one); ok {
			moved[other+rest] = texts
			delete(a.values, name)
		} else if rest, ok := under(name, other); ok {
			moved[one+rest] = texts
			delete(a.values, name)
		}
	}
	maps.Copy(a.values, moved)
}

func (a *actor) open(n *node, verb string) {
	if n == nil {
		return
	}
	if n = n.control(); !n.openable || n.locked {
		return
	}
	a.done = true
	mark := n.at.special("p")
	if verb == "open" {
		a.values.Set(mark, "1")
		if n.shape.proto.Kind == List && a.values.Get(n.at.special("n")) == "" && n.shape.begun() > 0 {
			a.values.Set(n.at.special("n"), originText(slices.Repeat([]int{-1}, n.shape.begun())))
		}
		return
	}
	a.values.Set(mark, "0")
	a.acted.Focus = "open:" + n.at.htmlName()
}

// toJSON turns a group or list, or the whole form, into a JSON field.
func (f *Form) toJSON(a *actor, n *node) {
	if n == nil || n.locked || n.at.pointer != "" && !n.control().shape.structured() {
		return
	}
	a.done = true
	text := ""
	if n.present {
		text = encodeJSON(n.value, "  ")
	}
	if n.at.pointer != "" {
		a.drop(n.at.name)
		a.values.Set(n.at.name, text)
		return
	}
	a.clear()
	a.values.Set(rootName, text)
}

// clear drops all but the caller's own names.
func (a *actor) clear() {
	for name := range a.values {
		if !strings.HasPrefix(name, "_") {
			delete(a.values, name)
		}
	}
}

// toForm makes controls of a JSON field again. The text has to be JSON.
func (f *Form) toForm(a *actor, n *node, opts DecodeOptions) {
	if n == nil || n.locked || n.shape.proto.Kind != JSON {
		return
	}
	for _, fault := range n.faults {
		e := newError(&tree{f, n}, nil, fault.code, fault.params)
		e.Pointer = n.at.pointer
		a.fail(e)
		return
	}
	if code := f.misfit(n); code != "" {
		e := newError(&tree{f, n}, nil, code, nil)
		e.Pointer = n.at.pointer
		a.fail(e)
		return
	}
	a.done = true
	g := f.grower(nil, opts.Fixed, opts.Zone)
	defer g.end()
	var fresh *node
	if n.at.pointer == "" {
		a.clear()
		fresh = g.root(n.value)
	} else {
		a.drop(n.at.name)
		copied := *n
		fresh = &copied
		fresh.slot = slot{value: n.value, present: n.present}
		g.grow(fresh)
	}
	fresh.post(a.values, g)
}

// misfit says why the controls cannot hold the value of a JSON field; "" when
// they can.
func (f *Form) misfit(n *node) (code string) {
	if !n.present || n.value == nil && n.shape.nullable {
		return ""
	}
	switch f.shapeOf(f.viewOf(n.srcs, nil), n.hints).proto.Kind {
	case Group:
		if _, ok := n.value.(map[string]any); !ok {
			return "type_object"
		}
	case List:
		if _, ok := n.value.([]any); !ok {
			return "type_array"
		}
	}
	return ""
}

// Typed gives what a browser would send for a form that shows a value.
func (f *Form) Typed(value any, opts DecodeOptions) url.Values {
	values := url.Values{}
	if f.root == nil {
		return values
	}
	g := f.grower(nil, opts.Fixed, opts.Zone)
	defer g.end()
	g.root(value).post(values, g)
	return values
}

// post writes what a browser would send for a node that shows what is stored.
func (n *node) post(values url.Values, g *grower) {
	n.each(func(c *node) bool {
		if c.locked {
			return false
		}
		c.postOwn(values, g)
		return true
	})
}

func (n *node) postOwn(values url.Values, g *grower) {
	for _, s := range n.selectors {
		values.Set(s.name, "")
		if s.chosen >= 0 {
			values.Set(s.name, itoa(s.chosen))
		}
	}
	if n.inner != nil || len(n.selectors) > 0 && n.shape.proto.Kind != Group {
		return
	}
	r := &renderer{tree: &tree{g.form, n}}
	for _, mark := range r.marks(n) {
		values.Set(mark.Name, mark.Value)
	}
	for i, row := range n.rows {
		if n.shape.proto.Kind == Group {
			values.Set(n.at.mapRow(i).special("k"), row.keyText)
		}
	}
	name, s := n.at.htmlName(), n.fresh
	switch kind := n.shape.proto.Kind; {
	case n.shape.structured():
	case kind == Checkbox:
		values[name] = []string{"false"}
		if s.present && s.value == true {
			values.Add(name, "true")
		}
	case kind == Checkboxes || kind == MultiSelect:
		list, _ := s.value.([]any)
		values[name] = []string{""}
		for _, i := range n.shape.indexesOf(list) {
			values.Add(name, strconv.Itoa(i))
		}
	case !s.present:
		values.Set(name, "")
	case n.shape.choices != nil:
		values.Set(name, n.shape.indexOf(s.value))
	default:
		values.Set(name, n.shape.text(s.value, g.zone))
	}
}
