package memory

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// order is how a list is sorted and paged: every item has a key of its own.
type order[T, K any] struct {
	list    string // its name, so that a cursor of another list is refused
	key     func(T) K
	compare func(a, b K) int
}

// cursor is what an opaque cursor holds: the list and the key of the last item.
type cursor[K any] struct {
	List string `json:"l"`
	Key  K      `json:"k"`
}

// page sorts the items and cuts out one page.
func page[T, K any](items []T, o order[T, K], p engine.Paging) (engine.Page[T], error) {
	limit, err := checkPaging(p)
	if err != nil {
		return engine.Page[T]{}, err
	}
	slices.SortFunc(items, func(a, b T) int { return o.compare(o.key(a), o.key(b)) })
	start := min(p.Offset, len(items))
	if p.Cursor != "" {
		if start, err = o.after(items, p.Cursor); err != nil {
			return engine.Page[T]{}, err
		}
	}
	end := min(start+limit, len(items))
	result := engine.Page[T]{
		Items: items[start:end:end], Limit: limit,
		Total: min(len(items), engine.MaxTotal), TotalIsCapped: len(items) > engine.MaxTotal,
	}
	if p.Most > 0 {
		result.Total, result.TotalIsCapped = min(len(items), p.Most), len(items) > p.Most
	}
	if end < len(items) {
		result.NextCursor = encodeCursor(cursor[K]{o.list, o.key(items[end-1])})
	}
	return result, nil
}

// checkPaging returns the page's size.
func checkPaging(p engine.Paging) (int, error) {
	switch {
	case p.Limit < 0 || p.Limit > engine.MaxLimit:
		return 0, workflow.Errorf(workflow.KindMalformed, "bad_limit", "The limit must be between 1 and %d.", engine.MaxLimit)
	case p.Offset < 0 || p.Offset > engine.MaxOffset:
		return 0, workflow.Errorf(workflow.KindMalformed, "bad_offset",
			"The offset must be between 0 and %d. Go on with next_cursor instead.", engine.MaxOffset)
	case p.Limit == 0:
		return engine.DefaultLimit, nil
	}
	return p.Limit, nil
}

// after returns the index of the first item beyond the cursor.
func (o order[T, K]) after(items []T, text string) (int, error) {
	last, err := decodeCursor[K](o.list, text)
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(items, func(item T) bool { return o.compare(o.key(item), last) > 0 })
	if i < 0 {
		return len(items), nil
	}
	return i, nil
}

func encodeCursor[K any](c cursor[K]) string {
	raw, err := json.Marshal(c)
	if err != nil {
		panic("memory: encode cursor: " + err.Error()) // keys are texts, numbers and times of the store's own rows
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func decodeCursor[K any](list, text string) (K, error) {
	var c cursor[K]
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		err = dec.Decode(&c)
	}
	if err != nil || c.List != list {
		return c.Key, &workflow.Error{
			Kind: workflow.KindMalformed, Code: "bad_cursor", Err: err,
			Message: "The cursor is not one of this list. Begin again without it.",
		}
	}
	return c.Key, nil
}

// mapPage turns the items of a page into rows.
func mapPage[T, R any](p engine.Page[T], err error, row func(T) R) (engine.Page[R], error) {
	rows := engine.Page[R]{Total: p.Total, TotalIsCapped: p.TotalIsCapped, Limit: p.Limit, NextCursor: p.NextCursor}
	for _, item := range p.Items {
		rows.Items = append(rows.Items, row(item))
	}
	return rows, err
}

// ageKey sorts by creation.
type ageKey struct {
	At time.Time `json:"t"`
	ID uuid.UUID `json:"i"`
}

func (k ageKey) compare(other ageKey) int {
	if c := k.At.Compare(other.At); c != 0 {
		return c
	}
	return slices.Compare(k.ID[:], other.ID[:])
}

func keyOfInstance(r *record) ageKey { return ageKey{r.instance.CreatedAt, r.instance.ID} }
