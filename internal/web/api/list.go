package api

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// paging is the part of a list's query that asks for a page.
type paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"1000" doc:"next_cursor of the page before."`
	Offset int    `query:"offset" minimum:"0" maximum:"10000" doc:"How many items to leave out, when there is no cursor."`
}

func (p paging) paging() engine.Paging {
	return engine.Paging{Limit: p.Limit, Cursor: p.Cursor, Offset: p.Offset}
}

// list is one page of a list.
type list[T any] struct {
	Body struct {
		Items         []T     `json:"items"`
		Total         int     `json:"total" doc:"How many items there are; exact up to 10,000."`
		TotalIsCapped bool    `json:"total_is_capped" doc:"There are more than total says."`
		Limit         int     `json:"limit"`
		HasMore       bool    `json:"has_more"`
		NextCursor    *string `json:"next_cursor" doc:"Gives the next page; null on the last."`
	}
}

// listOf turns a page of rows into a page of shapes.
func listOf[R, T any](page engine.Page[R], shape func(R) T) *list[T] {
	out := &list[T]{}
	out.Body.Items = make([]T, len(page.Items))
	for i, row := range page.Items {
		out.Body.Items[i] = shape(row)
	}
	out.Body.Total, out.Body.TotalIsCapped, out.Body.Limit = page.Total, page.TotalIsCapped, page.Limit
	if page.NextCursor != "" {
		out.Body.HasMore, out.Body.NextCursor = true, &page.NextCursor
	}
	return out
}

// whole makes a list of rows that has only one page.
func whole[R, T any](rows []R, shape func(R) T) *list[T] {
	return listOf(engine.Page[R]{Items: rows, Total: len(rows), Limit: engine.MaxLimit}, shape)
}

// id reads an id of a path: what cannot be one is not found.
func id(text string, unknown *workflow.Error) (uuid.UUID, error) {
	v, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return uuid.Nil, unknown
	}
	return v, nil
}

// oneOf reads query values that must be among the known ones.
func oneOf[T ~string](name string, values []string, known []T) ([]T, error) {
	var out []T
	for _, v := range values {
		if !contains(known, v) {
			words := make([]string, len(known))
			for i, k := range known {
				words[i] = string(k)
			}
			return nil, workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s cannot be %q. It is one of %s.", name, v, strings.Join(words, ", "))
		}
		out = append(out, T(v))
	}
	return out, nil
}

func contains[T ~string](known []T, v string) bool {
	for _, k := range known {
		if string(k) == v {
			return true
		}
	}
	return false
}

// moment reads a time of a query; empty is none.
func moment(name, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s is not a time: write it as 2026-01-31T09:00:00Z.", name)
	}
	return &t, nil
}

// flag reads true or false; empty is none.
func flag(name, text string) (*bool, error) {
	switch text {
	case "":
		return nil, nil
	case "true", "false":
		v := text == "true"
		return &v, nil
	}
	return nil, workflow.Errorf(workflow.KindMalformed, "bad_filter", "%s is true or false, not %q.", name, text)
}

// patience reads how long `Prefer: wait=N` asks to hold the answer; at most 30
// seconds, 0 without it.
func patience(prefer string) time.Duration {
	for part := range strings.SplitSeq(prefer, ",") {
		var n int
		if _, err := fmt.Sscanf(strings.TrimSpace(part), "wait=%d", &n); err == nil && n > 0 {
			return time.Duration(min(n, 30)) * time.Second
		}
	}
	return 0
}

// matches checks If-Match against a version.
func matches(ifMatch string, version int64) error {
	if ifMatch == "" || ifMatch == "*" || ifMatch == etag(version) {
		return nil
	}
	return workflow.Errorf(workflow.KindStale, "precondition_failed", "It has changed: its ETag is %s. Read it again, then repeat.", etag(version))
}

func etag(version int64) string { return fmt.Sprintf(`"%d"`, version) }
