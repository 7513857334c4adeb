package memory

import (
	"context"
	"fmt"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// ActivateVersion implements engine.Store.
func (s *Store) ActivateVersion(ctx context.Context, by workflow.Record, ref workflow.Ref, active bool, schedules engine.ScheduleReader) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("activate %s: %w", ref, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.definitions[versionKey{by.Tenant, ref}]
	if !ok {
		return false, workflow.ErrDefinitionNotFound
	}
	if v.inactive == !active {
		return false, nil
	}
	v.inactive = !active
	if err := s.settleSchedules(by.Tenant, ref.Name, schedules); err != nil {
		v.inactive = active
		return false, fmt.Errorf("activate %s: %w", ref, err)
	}
	s.addRecords(by)
	return true, nil
}

// settleSchedules makes a definition's schedules those of its latest active
// release. Those that are of it already go on as they are.
func (s *Store) settleSchedules(tenant, name string, read engine.ScheduleReader) error {
	latest := workflow.Latest(s.activeVersions(tenant, name))
	for _, row := range s.schedules {
		if row.Tenant == tenant && row.Definition.Name == name && row.Definition.Version == latest {
			return nil
		}
	}
	if latest == "" {
		s.writeSchedules(tenant, name, nil)
		return nil
	}
	rows, err := read(s.definitions[versionKey{tenant, workflow.Ref{Name: name, Version: latest}}].source)
	if err != nil {
		return err
	}
	s.writeSchedules(tenant, name, rows)
	return nil
}

// DeleteVersion implements engine.Store.
func (s *Store) DeleteVersion(ctx context.Context, by workflow.Record, ref workflow.Ref) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("delete %s: %w", ref, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	place := versionKey{by.Tenant, ref}
	v, ok := s.definitions[place]
	switch {
	case !ok:
		return workflow.ErrDefinitionNotFound
	case !v.inactive:
		return workflow.ErrVersionActive
	case s.definitionRow(v).Instances > 0:
		return workflow.ErrVersionInUse
	}
	delete(s.definitions, place)
	s.deleted[place] = v.hash
	s.addRecords(by)
	return nil
}
