package db

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// conditions collects the WHERE clause of a query with its parameters.
type conditions struct {
	where []string
	args  []any
}

// arg adds a parameter and gives its placeholder.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return fmt.Sprintf("$%d", len(c.args))
}

// add adds a condition; each ? in it stands for the next of the parameters.
func (c *conditions) add(condition string, args ...any) {
	for _, v := range args {
		condition = strings.Replace(condition, "?", c.arg(v), 1)
	}
	c.where = append(c.where, condition)
}

func (c *conditions) String() string { return strings.Join(c.where, "\n\tAND ") }

// addAmong adds that an expression is one of the values, if there are any.
func addAmong[T any](c *conditions, expression string, values []T) {
	if len(values) > 0 {
		c.add(oneOf(c, expression, values))
	}
}

// oneOf is the condition that an expression is one of the values. Of one value an
// index has the order of what comes after it; of several it has not.
func oneOf[T any](c *conditions, expression string, values []T) string {
	if len(values) == 1 {
		return expression + " = " + c.arg(values[0])
	}
	return expression + " = ANY (" + c.arg(values) + ")"
}

// addWithin adds after ≤ expression < before; a nil bound does not limit.
func (c *conditions) addWithin(expression string, after, before *time.Time) {
	if after != nil {
		c.add(expression+" >= ?", *after)
	}
	if before != nil {
		c.add(expression+" < ?", *before)
	}
}

// addContains adds that one of the expressions contains the text, in any case.
func (c *conditions) addContains(text string, expressions ...string) {
	if text == "" {
		return
	}
	param := c.arg(strings.ToLower(text))
	for i, e := range expressions {
		expressions[i] = "strpos(lower(" + e + "), " + param + ") > 0"
	}
	c.add("(" + strings.Join(expressions, " OR ") + ")")
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

// cursor is what an opaque cursor holds: the list and the key of the last row.
type cursor[K any] struct {
	List string `json:"l"`
	Key  K      `json:"k"`
}

func encodeCursor[K any](list string, key K) string {
	raw, err := json.Marshal(cursor[K]{list, key})
	if err != nil {
		panic("db: encode cursor: " + err.Error()) // keys are texts, numbers and times of stored rows
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

// ageKey sorts by creation.
type ageKey struct {
	At time.Time `json:"t"`
	ID uuid.UUID `json:"i"`
}
