package expr

import (
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// items gives the values of a list and charges for them.
func (m meter) items(l traits.Lister) []ref.Val {
	n := sizeOf(l)
	m.charge(n)
	out := make([]ref.Val, n)
	for i := range out {
		out[i] = l.Get(types.Int(i))
	}
	return out
}

func newList(items []ref.Val) ref.Val {
	return types.NewRefValList(natives, items)
}

// listArg gives v as a list, or an error value that names the function.
func listArg(name string, v ref.Val) (traits.Lister, ref.Val) {
	if l, ok := v.(traits.Lister); ok {
		return l, nil
	}
	return nil, types.NewErr("%s needs a list, not %s", name, describe(v))
}

func sortList(m meter, v ref.Val) ref.Val { return sortByKeys(m, v, v) }

// sortByKeys orders the items of a list by the keys at the same places; equal
// keys keep their order.
func sortByKeys(m meter, v, keyList ref.Val) ref.Val {
	l, bad := listArg("sort()", v)
	if bad != nil {
		return bad
	}
	k, bad := listArg("sort()", keyList)
	if bad != nil {
		return bad
	}
	items, keys := m.items(l), m.items(k)
	if len(items) != len(keys) {
		return types.NewErr("sort() needs as many keys as items")
	}
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	var failed ref.Val
	slices.SortStableFunc(order, func(a, b int) int {
		m.charge(1)
		c, err := compare(keys[a], keys[b])
		if err != nil {
			failed = err
		}
		return c
	})
	if failed != nil {
		return failed
	}
	out := make([]ref.Val, len(items))
	for i, at := range order {
		out[i] = items[at]
	}
	return newList(out)
}

// distinct keeps the first of equal items.
func distinct(m meter, v ref.Val) ref.Val {
	l, bad := listArg("distinct()", v)
	if bad != nil {
		return bad
	}
	var out, composite []ref.Val
	seen := map[ref.Val]bool{}
	for _, item := range m.items(l) {
		if k, ok := mapKey(item); ok {
			if !seen[k] {
				seen[k] = true
				out = append(out, item)
			}
			continue
		}
		found, err := m.among(composite, item)
		if err != nil {
			return types.WrapErr(err)
		}
		if !found {
			composite, out = append(composite, item), append(out, item)
		}
	}
	return newList(out)
}

func (m meter) among(items []ref.Val, v ref.Val) (bool, error) {
	for _, item := range items {
		m.charge(1)
		same, err := m.equal(item, v, 0)
		if same || err != nil {
			return same, err
		}
	}
	return false, nil
}

// flatten replaces lists in a list by their items, one level deep or as deep as
// its argument says.
func flatten(m meter, args []ref.Val) ref.Val {
	l, bad := listArg("flatten()", args[0])
	if bad != nil {
		return bad
	}
	depth := int64(1)
	if len(args) == 2 {
		var ok bool
		if depth, ok = wholeOf(args[1]); !ok || depth < 0 || depth > maxDepth {
			return types.NewErr("flatten() needs a depth from 0 to %d, not %s", maxDepth, describe(args[1]))
		}
	}
	var out []ref.Val
	if err := m.flattenInto(&out, l, depth); err != nil {
		return types.WrapErr(err)
	}
	return newList(out)
}

func (m meter) flattenInto(out *[]ref.Val, l traits.Lister, depth int64) error {
	for _, item := range m.items(l) {
		if inner, ok := item.(traits.Lister); ok && depth > 0 {
			if err := m.flattenInto(out, inner, depth-1); err != nil {
				return err
			}
			continue
		}
		if len(*out) >= MaxList {
			return limitError("the list would be longer than %d items", MaxList)
		}
		*out = append(*out, item)
	}
	return nil
}

// rangeList gives the whole numbers from 0 to n-1.
func rangeList(m meter, v ref.Val) ref.Val {
	n, ok := wholeOf(v)
	if !ok || n < 0 {
		return types.NewErr("lists.range needs a whole number that is not negative, not %s", describe(v))
	}
	if err := m.makeList(int(min(n, MaxList+1))); err != nil {
		return types.WrapErr(err)
	}
	out := make([]ref.Val, n)
	for i := range out {
		out[i] = types.Int(i)
	}
	return newList(out)
}

// sum adds the items of a list of numbers; 0 for an empty one.
func sum(m meter, v ref.Val) ref.Val {
	l, bad := listArg("sum()", v)
	if bad != nil {
		return bad
	}
	var total ref.Val = types.IntZero
	for _, item := range m.items(l) {
		if !isNumeric(item) {
			return types.NewErr("sum() needs numbers, not %s", describe(item))
		}
		if total = add(m, total, item); types.IsError(total) {
			return total
		}
	}
	return total
}

func setContains(m meter, l, r ref.Val) ref.Val {
	a, b, bad := twoLists("sets.contains", l, r)
	if bad != nil {
		return bad
	}
	return holds(m.subset(b, a))
}

func setEquivalent(m meter, l, r ref.Val) ref.Val {
	a, b, bad := twoLists("sets.equivalent", l, r)
	if bad != nil {
		return bad
	}
	if ok, err := m.subset(a, b); !ok || err != nil {
		return holds(false, err)
	}
	return holds(m.subset(b, a))
}

func setIntersects(m meter, l, r ref.Val) ref.Val {
	a, b, bad := twoLists("sets.intersects", l, r)
	if bad != nil {
		return bad
	}
	for _, item := range m.items(a) {
		if found, err := m.contains(b, item); found || err != nil {
			return holds(found, err)
		}
	}
	return types.False
}

func twoLists(name string, l, r ref.Val) (a, b traits.Lister, bad ref.Val) {
	if a, bad = listArg(name, l); bad != nil {
		return nil, nil, bad
	}
	b, bad = listArg(name, r)
	return a, b, bad
}

// subset says whether every item of a is in b.
func (m meter) subset(a, b traits.Lister) (bool, error) {
	for _, item := range m.items(a) {
		if found, err := m.contains(b, item); !found || err != nil {
			return false, err
		}
	}
	return true, nil
}

func holds(ok bool, err error) ref.Val {
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(ok)
}
