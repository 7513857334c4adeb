package api

import (
	"strconv"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Paging are the parameters that every list takes.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"next_cursor of the page before; empty for the first page."`
	Offset int    `query:"offset" minimum:"0" maximum:"10000" doc:"How many items to pass over; counts only without a cursor."`
}

func (p Paging) engine() engine.Paging {
	return engine.Paging{Limit: p.Limit, Cursor: p.Cursor, Offset: p.Offset}
}

// List is one page of a list.
type List[T any] struct {
	Items         []T     `json:"items" nullable:"false"`
	Total         int     `json:"total" doc:"How many items there are in all, up to 10,000."`
	TotalIsCapped bool    `json:"total_is_capped" doc:"There are more than total says."`
	Limit         int     `json:"limit"`
	HasMore       bool    `json:"has_more"`
	NextCursor    *string `json:"next_cursor" doc:"The cursor of the next page; null on the last one."`
}

// listOf turns a page of rows into a list of shapes.
func listOf[R, T any](page engine.Page[R], shape func(R) (T, error)) (List[T], error) {
	list := List[T]{
		Items: make([]T, 0, len(page.Items)), Total: page.Total, TotalIsCapped: page.TotalIsCapped, Limit: page.Limit,
		HasMore: page.NextCursor != "", NextCursor: orNull(page.NextCursor),
	}
	for _, row := range page.Items {
		item, err := shape(row)
		if err != nil {
			return list, err
		}
		list.Items = append(list.Items, item)
	}
	return list, nil
}

// pageOf cuts a page out of a list that is short enough to be read whole. Its
// cursors are positions.
func pageOf[R any](rows []R, p Paging) (engine.Page[R], error) {
	start := p.Offset
	if p.Cursor != "" {
		var err error
		if start, err = strconv.Atoi(p.Cursor); err != nil || start < 0 {
			return engine.Page[R]{}, workflow.Errorf(workflow.KindMalformed, "bad_cursor", "The cursor is not one of this list. Begin again without it.")
		}
	}
	start = min(start, len(rows))
	end := min(start+p.Limit, len(rows))
	page := engine.Page[R]{Items: rows[start:end], Total: len(rows), Limit: p.Limit}
	if end < len(rows) {
		page.NextCursor = strconv.Itoa(end)
	}
	return page, nil
}

// orNull gives nil for an empty text, which is written as null.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// orEmpty gives a slice that is written as [] when it is nil.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// given returns nil for a time parameter that was left out.
func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// converted gives a list of texts as a list of another text type.
func converted[T, S ~string](list []S) []T {
	var out []T
	for _, s := range list {
		out = append(out, T(s))
	}
	return out
}
