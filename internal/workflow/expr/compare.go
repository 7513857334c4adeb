package expr

import (
	"cmp"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"github.com/cockroachdb/apd/v3"
)

// maxDepth bounds the nesting of values that are compared or given back.
const maxDepth = 128

func compareNumbers(l, r ref.Val) (int, error) {
	a, aok := l.(types.Int)
	b, bok := r.(types.Int)
	if aok && bok {
		return cmp.Compare(a, b), nil
	}
	var x, y apd.Decimal
	dx, err := decimalOf(l, &x)
	if err != nil {
		return 0, err
	}
	dy, err := decimalOf(r, &y)
	if err != nil {
		return 0, err
	}
	return dx.Cmp(dy), nil
}

// compare orders two values of one kind; an error value says why it cannot.
func compare(l, r ref.Val) (int, ref.Val) {
	if isNumeric(l) && isNumeric(r) {
		c, err := compareNumbers(l, r)
		if err != nil {
			return 0, types.WrapErr(err)
		}
		return c, nil
	}
	c, ok := l.(traits.Comparer)
	if ok && !isNumeric(l) && !isNumeric(r) && l.Type() == r.Type() {
		if i, ok := c.Compare(r).(types.Int); ok {
			return int(i), nil
		}
	}
	return 0, mismatch("compare", "with", l, r, "")
}

func less(_ meter, l, r ref.Val) ref.Val {
	return ordered(l, r, func(c int) bool { return c < 0 })
}

func lessEqual(_ meter, l, r ref.Val) ref.Val {
	return ordered(l, r, func(c int) bool { return c <= 0 })
}

func greater(_ meter, l, r ref.Val) ref.Val {
	return ordered(l, r, func(c int) bool { return c > 0 })
}

func greaterEqual(_ meter, l, r ref.Val) ref.Val {
	return ordered(l, r, func(c int) bool { return c >= 0 })
}

func ordered(l, r ref.Val, holds func(int) bool) ref.Val {
	c, err := compare(l, r)
	if err != nil {
		return err
	}
	return types.Bool(holds(c))
}

func equal(m meter, l, r ref.Val) ref.Val {
	same, err := m.equal(l, r, 0)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(same)
}

func notEqual(m meter, l, r ref.Val) ref.Val {
	same, err := m.equal(l, r, 0)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(!same)
}

// equal compares deeply, numbers by value, and pays for every node.
func (m meter) equal(l, r ref.Val, depth int) (bool, error) {
	switch a := l.(type) {
	case types.String:
		b, ok := r.(types.String)
		if ok && len(a) == len(b) {
			m.charge(len(a) / bytesPerUnit)
		}
		return ok && a == b, nil
	case types.Bool, types.Null:
		return l == r, nil
	case types.Int, *number, types.Uint, types.Double:
		return equalNumbers(l, r)
	}
	if depth > maxDepth {
		return false, limitError("the values are nested more than %d deep", maxDepth)
	}
	m.charge(1)
	switch a := l.(type) {
	case traits.Lister:
		b, ok := r.(traits.Lister)
		if !ok {
			return false, nil
		}
		return m.equalLists(a, b, depth+1)
	case traits.Mapper:
		b, ok := r.(traits.Mapper)
		if !ok {
			return false, nil
		}
		return m.equalMaps(a, b, depth+1)
	case *types.Optional:
		return m.equalOptionals(a, r, depth+1)
	}
	return types.Equal(l, r) == types.True, nil
}

func equalNumbers(l, r ref.Val) (bool, error) {
	if !isNumeric(r) {
		return false, nil
	}
	a, aok := l.(*number)
	b, bok := r.(*number)
	if aok && bok && a.wild && b.wild && a.text == b.text {
		return true, nil
	}
	if (aok && a.wild) != (bok && b.wild) {
		return false, nil
	}
	c, err := compareNumbers(l, r)
	return c == 0, err
}

func (m meter) equalLists(a, b traits.Lister, depth int) (bool, error) {
	n := sizeOf(a)
	if n != sizeOf(b) {
		return false, nil
	}
	for i := range n {
		m.charge(1)
		same, err := m.equal(a.Get(types.Int(i)), b.Get(types.Int(i)), depth)
		if !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (m meter) equalMaps(a, b traits.Mapper, depth int) (bool, error) {
	if sizeOf(a) != sizeOf(b) {
		return false, nil
	}
	for it := a.Iterator(); it.HasNext() == types.True; {
		m.charge(1)
		key := it.Next()
		x, _ := a.Find(key)
		y, found := b.Find(key)
		if !found {
			return false, nil
		}
		same, err := m.equal(x, y, depth)
		if !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (m meter) equalOptionals(a *types.Optional, r ref.Val, depth int) (bool, error) {
	b, ok := r.(*types.Optional)
	if !ok || a.HasValue() != b.HasValue() {
		return false, nil
	}
	if !a.HasValue() {
		return true, nil
	}
	return m.equal(a.GetValue(), b.GetValue(), depth)
}

// in says whether a list has an item equal to l, or a map has the key l.
func in(m meter, l, r ref.Val) ref.Val {
	switch c := r.(type) {
	case traits.Lister:
		found, err := m.contains(c, l)
		if err != nil {
			return types.WrapErr(err)
		}
		return types.Bool(found)
	case traits.Mapper:
		key, ok := mapKey(l)
		if !ok {
			return types.False
		}
		_, found := c.Find(key)
		return types.Bool(found)
	}
	return types.NewErr("`in` needs a list or a map on its right, not %s", describe(r))
}

func (m meter) contains(list traits.Lister, v ref.Val) (bool, error) {
	for i := range sizeOf(list) {
		m.charge(1)
		same, err := m.equal(v, list.Get(types.Int(i)), 0)
		if same || err != nil {
			return same, err
		}
	}
	return false, nil
}

// mapKey gives v as maps keep their keys: whole numbers as types.Int.
func mapKey(v ref.Val) (ref.Val, bool) {
	switch v.(type) {
	case types.String, types.Bool, types.Int:
		return v, true
	case *number, types.Uint, types.Double:
		i, ok := wholeOf(v)
		return types.Int(i), ok
	}
	return nil, false
}

// key makes an index or a key of a map literal of v.
func key(_ meter, v ref.Val) ref.Val {
	if o, ok := v.(*types.Optional); ok && o.HasValue() {
		v = o.GetValue()
	}
	k, ok := mapKey(v)
	if !ok {
		return types.NewErr("an index is text, a whole number or a boolean, not %s", describe(v))
	}
	return k
}

// whole turns a whole number into the integer that cel-go's own functions take,
// and leaves all other values alone.
func whole(_ meter, v ref.Val) ref.Val {
	if !isNumeric(v) {
		return v
	}
	i, ok := wholeOf(v)
	if !ok {
		return types.NewErr("a whole number is needed here, not %s", describe(v))
	}
	return types.Int(i)
}

func sizeOf(v traits.Sizer) int {
	n, _ := v.Size().(types.Int)
	return int(n)
}
