package memory

import (
	"cmp"
	"context"
	"fmt"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// addRecords adds lines to the audit.
func (s *Store) addRecords(lines ...workflow.Record) {
	for _, line := range lines {
		line.Seq = int64(len(s.audit)) + 1
		s.audit = append(s.audit, line)
	}
}

// WriteRecords adds lines about what was refused, or happened elsewhere.
func (s *Store) WriteRecords(ctx context.Context, lines []workflow.Record) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("write to the audit: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addRecords(lines...)
	return nil
}

// Audit implements engine.Reader.
func (s *Store) Audit(ctx context.Context, viewer workflow.Actor, f engine.AuditFilter, p engine.Paging) (engine.Page[workflow.Record], error) {
	if err := ctx.Err(); err != nil {
		return engine.Page[workflow.Record]{}, fmt.Errorf("read the audit: %w", err)
	}
	if err := engine.MayAudit(viewer); err != nil {
		return engine.Page[workflow.Record]{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var lines []workflow.Record
	for _, line := range s.audit {
		if line.Tenant == viewer.Tenant && fitsAudit(line, f) {
			lines = append(lines, line)
		}
	}
	return page(lines, order[workflow.Record, int64]{
		list: "audit", key: func(r workflow.Record) int64 { return r.Seq }, compare: func(a, b int64) int { return cmp.Compare(b, a) },
	}, p)
}

func fitsAudit(line workflow.Record, f engine.AuditFilter) bool {
	return among(f.Actors, line.Actor) && among(f.Actions, line.Action) && among(f.Objects, line.Object) &&
		among(f.ObjectIDs, line.ObjectID) && among(f.Definitions, line.Definition) &&
		(f.InstanceID == nil || *f.InstanceID == line.InstanceID) &&
		(f.Refused == nil || *f.Refused == (line.Refused != "")) &&
		within(&line.At, f.After, f.Before)
}
