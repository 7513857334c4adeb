package expr

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Bounds of one result: its nodes and the bytes of its texts and keys.
const (
	maxResultNodes = 500_000
	maxResultBytes = 4 << 20
)

// outlet turns CEL values into JSON-like Go values within the bounds of a result.
type outlet struct {
	nodes, bytes int
}

func (o *outlet) spend(bytes, depth int) error {
	o.nodes++
	o.bytes += bytes
	if o.nodes > maxResultNodes || o.bytes > maxResultBytes {
		return limitError("the result is larger than %d bytes or %d values", maxResultBytes, maxResultNodes)
	}
	if depth > maxDepth {
		return limitError("the result is nested more than %d deep", maxDepth)
	}
	return nil
}

// value gives v as a JSON-like Go value. A list or map that came in through a
// variable and holds nothing but JSON is given back as it is, not copied.
func (o *outlet) value(v ref.Val, depth int) (any, error) {
	switch x := v.(type) {
	case traits.Lister:
		return o.list(x, depth)
	case traits.Mapper:
		return o.mapping(x, depth)
	case *types.Optional:
		if !x.HasValue() {
			return nil, o.spend(0, depth)
		}
		return o.value(x.GetValue(), depth+1)
	}
	s, err := scalar(v)
	if err != nil {
		return nil, err
	}
	return s, o.spend(length(s), depth)
}

func scalar(v ref.Val) (any, error) {
	switch x := v.(type) {
	case types.Null:
		return nil, nil
	case types.Bool:
		return bool(x), nil
	case types.String:
		return string(x), nil
	case types.Int:
		return json.Number(strconv.FormatInt(int64(x), 10)), nil
	case *number:
		return json.Number(x.String()), nil
	case types.Uint, types.Double:
		return scalar(settled(v))
	case types.Bytes:
		return base64.StdEncoding.EncodeToString(x), nil
	case types.Timestamp:
		return x.Time.UTC().Format(time.RFC3339Nano), nil
	case types.Duration:
		return durationText(x.Duration), nil
	case *types.Err:
		return nil, x
	}
	return nil, fmt.Errorf("%s cannot be a result", describe(v))
}

func length(s any) int {
	switch x := s.(type) {
	case string:
		return len(x)
	case json.Number:
		return len(x)
	}
	return 0
}

func (o *outlet) list(l traits.Lister, depth int) (any, error) {
	if native, ok := l.Value().([]any); ok {
		out, _, err := o.native(native, depth)
		return out, err
	}
	n := sizeOf(l)
	out := make([]any, 0, min(n, MaxList))
	for i := range n {
		v, err := o.value(l.Get(types.Int(i)), depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, o.spend(0, depth)
}

func (o *outlet) mapping(m traits.Mapper, depth int) (any, error) {
	if native, ok := m.Value().(map[string]any); ok {
		out, _, err := o.native(native, depth)
		return out, err
	}
	out := make(map[string]any, min(sizeOf(m), MaxList))
	for it := m.Iterator(); it.HasNext() == types.True; {
		k := it.Next()
		name, err := keyText(k)
		if err != nil {
			return nil, err
		}
		item, _ := m.Find(k)
		v, err := o.value(item, depth+1)
		if err != nil {
			return nil, err
		}
		if err := o.spend(len(name), depth); err != nil {
			return nil, err
		}
		out[name] = v
	}
	return out, o.spend(0, depth)
}

func keyText(k ref.Val) (string, error) {
	switch x := k.(type) {
	case types.String:
		return string(x), nil
	case types.Int:
		return strconv.FormatInt(int64(x), 10), nil
	case types.Bool:
		return strconv.FormatBool(bool(x)), nil
	}
	return "", fmt.Errorf("%s cannot be a key", describe(k))
}

// native measures a Go value. It gives back the value itself unless there is
// something in it that is not JSON, such as a time.Time; then a copy, and true.
func (o *outlet) native(v any, depth int) (any, bool, error) {
	switch x := v.(type) {
	case nil, bool:
		return v, false, o.spend(0, depth)
	case string, json.Number:
		return v, false, o.spend(length(v), depth)
	case []any:
		return o.nativeList(x, depth)
	case map[string]any:
		return o.nativeMap(x, depth)
	}
	out, err := o.value(natives.NativeToValue(v), depth)
	return out, true, err
}

func (o *outlet) nativeList(list []any, depth int) (any, bool, error) {
	out, copied := list, false
	for i, item := range list {
		v, changed, err := o.native(item, depth+1)
		if err != nil {
			return nil, false, err
		}
		if changed && !copied {
			out, copied = slices.Clone(list), true
		}
		if changed {
			out[i] = v
		}
	}
	return out, copied, o.spend(0, depth)
}

func (o *outlet) nativeMap(m map[string]any, depth int) (any, bool, error) {
	out, copied := m, false
	for k, item := range m {
		v, changed, err := o.native(item, depth+1)
		if err != nil {
			return nil, false, err
		}
		if err := o.spend(len(k), depth); err != nil {
			return nil, false, err
		}
		if changed && !copied {
			out, copied = maps.Clone(m), true
		}
		if changed {
			out[k] = v
		}
	}
	return out, copied, o.spend(0, depth)
}

// durationText gives a duration without parts that are zero: "1h30m", "90ms", "0s".
func durationText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
