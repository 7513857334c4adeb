package expr

import (
	"encoding/json"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// natives is the adapter of all environments.
var natives = &adapter{fallback: types.DefaultTypeAdapter}

// adapter turns the Go values of variables into CEL values, lists and maps
// lazily: their items are adapted when they are read.
type adapter struct {
	fallback types.Adapter
}

// NativeToValue implements types.Adapter.
func (a *adapter) NativeToValue(v any) ref.Val {
	switch x := v.(type) {
	case nil:
		return types.NullValue
	case string:
		return types.String(x)
	case bool:
		return types.Bool(x)
	case json.Number:
		return parseNumber(string(x))
	case map[string]any:
		return types.NewStringInterfaceMap(a, x)
	case []any:
		return types.NewDynamicList(a, x)
	case types.Double:
		return fromFloat(float64(x))
	case types.Uint:
		return fromUint(uint64(x))
	case ref.Val:
		return x
	case int:
		return types.Int(x)
	case int64:
		return types.Int(x)
	case float64:
		return fromFloat(x)
	case time.Time:
		return types.Timestamp{Time: x.UTC()}
	case time.Duration:
		return types.Duration{Duration: x}
	}
	return settled(a.fallback.NativeToValue(v))
}

// settled turns the floating-point and unsigned numbers of cel-go into ours.
func settled(v ref.Val) ref.Val {
	switch x := v.(type) {
	case types.Double:
		return fromFloat(float64(x))
	case types.Uint:
		return fromUint(uint64(x))
	}
	return v
}
