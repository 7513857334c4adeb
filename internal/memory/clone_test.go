package memory

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/workflow"
)

// TestClone_SharesNothing fills every field, so that one that is added later
// and not copied is found.
func TestClone_SharesNothing(t *testing.T) {
	t.Parallel()
	sharesNothing(t, cloneInstance)
	sharesNothing(t, cloneExecution)
	sharesNothing(t, cloneTask)
	sharesNothing(t, cloneHook)
	sharesNothing(t, cloneEvent)
	sharesNothing(t, func(p workflow.Principals) workflow.Principals { return clonePrincipals(p) })
}

func sharesNothing[T any](t *testing.T, clone func(T) T) {
	t.Helper()
	var original T
	fill(reflect.ValueOf(&original).Elem())
	copied := clone(original)
	if diff := cmp.Diff(original, copied); diff != "" {
		t.Errorf("clone of %T (-original +copy):\n%s", original, diff)
	}
	mine, theirs := map[uintptr]string{}, map[uintptr]string{}
	references(reflect.ValueOf(original), "", mine)
	references(reflect.ValueOf(copied), "", theirs)
	for at, path := range theirs {
		if _, shared := mine[at]; shared {
			t.Errorf("clone of %T shares %s with the original", original, path)
		}
	}
	if len(mine) == 0 {
		t.Errorf("%T holds no references: the test would find nothing", original)
	}
}

// fill gives every field a value, slices and maps one element.
func fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(1, 0).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("x")
	case reflect.Uint8:
		v.SetUint('1')
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Array:
		v.Index(0).SetUint(1)
	default:
		panic(fmt.Sprintf("fill: %s", v.Type()))
	}
}

// references finds all that a value points to.
func references(v reflect.Value, path string, found map[uintptr]string) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		found[v.Pointer()] = path
		references(v.Elem(), path, found)
	case reflect.Struct:
		for i := range v.NumField() {
			references(v.Field(i), path+"."+v.Type().Field(i).Name, found)
		}
	case reflect.Slice:
		found[v.Pointer()] = path
		for i := range v.Len() {
			references(v.Index(i), path+"[]", found)
		}
	case reflect.Map:
		found[v.Pointer()] = path
		for _, key := range v.MapKeys() {
			references(v.MapIndex(key), path+"[]", found)
		}
	}
}
