package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tandem/internal/workflow"
)

// options compare what went in with what came out. JSON may be spaced and
// ordered otherwise, but numbers keep their text.
var options = cmp.Options{
	cmpopts.EquateEmpty(),
	cmp.FilterValues(func(a, b json.RawMessage) bool { return len(a) > 0 || len(b) > 0 }, cmp.Comparer(sameJSON)),
}

// sameJSON is also asked about bytes that are no JSON: those must be equal.
func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, errX := decode(a)
	y, errY := decode(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

func decode(raw json.RawMessage) (v any, err error) {
	if len(raw) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	err = dec.Decode(&v)
	return v, err
}

// same fails the test when got differs from want.
func (b *bench) same(what string, got, want any, more ...cmp.Option) {
	b.Helper()
	if diff := cmp.Diff(want, got, options, cmp.Options(more)); diff != "" {
		b.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// ok stops the test at an error.
func (b *bench) ok(what string, err error) {
	b.Helper()
	if err != nil {
		b.Fatalf("%s = %v, want no error", what, err)
	}
}

// is fails the test unless the error is the sentinel.
func (b *bench) is(what string, err, sentinel error) {
	b.Helper()
	if !errors.Is(err, sentinel) {
		b.Errorf("%s: error = %v, want %v", what, err, sentinel)
	}
}

// malformed fails the test unless the error is of KindMalformed.
func (b *bench) malformed(what string, err error) {
	b.Helper()
	if err == nil || workflow.KindOf(err) != workflow.KindMalformed {
		b.Errorf("%s: error = %v, want one of KindMalformed", what, err)
	}
}

// eventually waits up to ten seconds for something that time brings.
func (b *bench) eventually(what string, happened func() bool) {
	b.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(10 * time.Second)
	for !happened() {
		select {
		case <-tick.C:
		case <-end:
			b.Fatalf("%s did not happen within ten seconds", what)
		}
	}
}

// each applies a function to every item.
func each[T, R any](items []T, f func(T) R) []R {
	var list []R
	for _, item := range items {
		list = append(list, f(item))
	}
	return list
}

var sortHooks = cmpopts.SortSlices(func(a, b workflow.Hook) bool { return a.ReceivedAt.Before(b.ReceivedAt) })
