package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// topicKey names a topic of a tenant.
type topicKey struct{ tenant, topic string }

// TopicsFetched implements engine.Store.
func (s *Store) TopicsFetched(ctx context.Context, tenant string, topics []string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("note fetched topics: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, topic := range topics {
		s.topics[topicKey{tenant, topic}] = s.now()
	}
	return nil
}

// dataPasses reports whether the instance's data fits every filter.
func (s *Store) dataPasses(r *record, f engine.InstanceFilter) bool {
	for _, one := range f.Data {
		values, asked := s.dataValues(r, one.Path, len(f.DefinitionNames) > 0)
		if !asked || !slices.ContainsFunc(one.Values, func(value string) bool { return fitsAny(values, one.Op, value) }) {
			return false
		}
	}
	return true
}

// dataValues gives what a filter on a path looks at. Where the filter names no
// definition, and some name the path under search, only those are asked.
func (s *Store) dataValues(r *record, path string, named bool) (values []workflow.SearchValue, asked bool) {
	in := r.instance
	v, ok := s.definitions[versionKey{in.Tenant, in.Definition}]
	if ok && slices.Contains(v.search, path) {
		for _, one := range r.search {
			if one.Path == path {
				values = append(values, one)
			}
		}
		return values, true
	}
	if !named && s.searched(in.Tenant, path) {
		return nil, false
	}
	return workflow.SearchValues(path, workflow.DecodeData(in.Data)), ok
}

func (s *Store) searched(tenant, path string) bool {
	for key, v := range s.definitions {
		if key.tenant == tenant && slices.Contains(v.search, path) {
			return true
		}
	}
	return false
}

func fitsAny(values []workflow.SearchValue, op engine.DataOp, value string) bool {
	holds := func(op engine.DataOp) bool {
		return slices.ContainsFunc(values, func(v workflow.SearchValue) bool { return compares(v, op, value) })
	}
	if op == engine.OpNotEqual {
		return len(values) > 0 && !holds(engine.OpEqual)
	}
	return holds(op)
}

// compares reports whether a value compares so with the text of a filter.
func compares(v workflow.SearchValue, op engine.DataOp, with string) bool {
	text := workflow.SearchText(with)
	number, isNumber := workflow.SearchNumber(with)
	own, ownNumber := workflow.SearchNumber(v.Number)
	switch {
	case op == engine.OpContains:
		return strings.Contains(strings.ToLower(v.Text), strings.ToLower(text))
	case op == engine.OpEqual:
		return v.Text == text || isNumber && ownNumber && own.Cmp(number) == 0
	case isNumber:
		return ownNumber && ordered(op, own.Cmp(number))
	}
	return !ownNumber && ordered(op, strings.Compare(v.Text, text))
}

func ordered(op engine.DataOp, c int) bool {
	switch op {
	case engine.OpLess:
		return c < 0
	case engine.OpAtMost:
		return c <= 0
	case engine.OpMore:
		return c > 0
	}
	return c >= 0
}

// Topics implements engine.Reader.
func (s *Store) Topics(ctx context.Context, tenant string, topics []string) (map[string]time.Time, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read topics: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	asked := map[string]time.Time{}
	for _, topic := range topics {
		if at, ok := s.topics[topicKey{tenant, topic}]; ok {
			asked[topic] = at
		}
	}
	return asked, nil
}
