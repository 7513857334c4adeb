package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

type versionKey struct {
	tenant string
	ref    workflow.Ref
}

// version is one stored version of a definition.
type version struct {
	versionKey
	hash        string
	title       string
	labels      []string
	permissions workflow.Permissions
	startOn     string // the message that starts it
	search      []string
	source      []byte
	inactive    bool
	at          time.Time
	by          string
}

// SaveDefinition implements engine.Store.
func (s *Store) SaveDefinition(ctx context.Context, d *workflow.Definition, by workflow.Record, key *workflow.RequestKey) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("save definition %s: %w", d.Ref, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.free(key); err != nil {
		return false, err
	}
	place := versionKey{by.Tenant, d.Ref}
	if known, ok := s.definitions[place]; ok {
		if known.hash != d.Hash {
			return false, workflow.ErrVersionExists
		}
		s.claim(key, uuid.Nil)
		return false, nil
	}
	if hash, buried := s.deleted[place]; buried && hash != d.Hash {
		return false, workflow.ErrVersionExists
	}
	delete(s.deleted, place)
	s.claim(key, uuid.Nil)
	s.definitions[place] = &version{
		versionKey: place, hash: d.Hash, title: d.Title, labels: slices.Clone(d.Labels), search: slices.Clone(d.Search),
		permissions: workflow.Permissions{View: clonePrincipals(d.Permissions.View), Operate: clonePrincipals(d.Permissions.Operate)},
		source:      slices.Clone(d.Source), at: by.At, by: by.Actor,
	}
	if d.StartOn != nil {
		s.definitions[place].startOn = d.StartOn.Message
	}
	s.replaceSchedules(by.Tenant, d, by.At)
	s.addRecords(by)
	return true, nil
}

func clonePrincipals(p workflow.Principals) workflow.Principals {
	return workflow.Principals{Users: slices.Clone(p.Users), Groups: slices.Clone(p.Groups)}
}

// DefinitionSource implements engine.Store.
func (s *Store) DefinitionSource(ctx context.Context, tenant string, ref workflow.Ref) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("source of %s: %w", ref, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.definitions[versionKey{tenant, ref}]
	if !ok {
		return nil, workflow.ErrDefinitionNotFound
	}
	return slices.Clone(v.source), nil
}

// ActiveVersions implements engine.Store.
func (s *Store) ActiveVersions(ctx context.Context, tenant, name string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("versions of %s: %w", name, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.activeVersions(tenant, name), nil
}

// LatestVersions implements engine.Store.
func (s *Store) LatestVersions(ctx context.Context, tenant string, names []string) (map[string]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("latest versions: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	latest := map[string]string{}
	for _, name := range names {
		if version := workflow.Latest(s.activeVersions(tenant, name)); version != "" {
			latest[name] = version
		}
	}
	return latest, nil
}

// activeVersions are those that may be started, the highest first.
func (s *Store) activeVersions(tenant, name string) []string {
	var active []string
	for _, v := range s.versions(tenant, name) {
		if !v.inactive {
			active = append(active, v.ref.Version)
		}
	}
	return active
}

// versions returns those of one definition, the highest first; of all
// definitions when name is empty.
func (s *Store) versions(tenant, name string) []*version {
	var list []*version
	for key, v := range s.definitions {
		if key.tenant == tenant && (name == "" || key.ref.Name == name) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b *version) int { return compareRefs(a.ref, b.ref) })
	return list
}

// compareRefs sorts by name, then the highest version first.
func compareRefs(a, b workflow.Ref) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), workflow.CompareVersions(b.Version, a.Version))
}

// title is what people call the definition.
func (s *Store) title(tenant string, ref workflow.Ref) string {
	if v, ok := s.definitions[versionKey{tenant, ref}]; ok {
		return v.title
	}
	return ref.Name
}

// Definitions implements engine.Reader. Everyone sees the definitions of his
// tenant.
func (s *Store) Definitions(ctx context.Context, viewer workflow.Actor, f engine.DefinitionFilter, p engine.Paging) (engine.Page[engine.DefinitionRow], error) {
	if err := ctx.Err(); err != nil {
		return engine.Page[engine.DefinitionRow]{}, fmt.Errorf("list definitions: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := s.versions(viewer.Tenant, "")
	if !f.AllVersions {
		list = latestReleases(list)
	}
	list = slices.DeleteFunc(list, func(v *version) bool { return !v.matches(f) })
	found, err := page(list, order[*version, workflow.Ref]{
		list: "definitions", compare: compareRefs,
		key: func(v *version) workflow.Ref { return v.ref },
	}, p)
	return mapPage(found, err, s.definitionRow)
}

// latestReleases keeps the highest active release of each name.
func latestReleases(list []*version) []*version {
	names := map[string][]string{}
	for _, v := range list {
		if !v.inactive {
			names[v.ref.Name] = append(names[v.ref.Name], v.ref.Version)
		}
	}
	return slices.DeleteFunc(list, func(v *version) bool {
		return v.inactive || v.ref.Version != workflow.Latest(names[v.ref.Name])
	})
}

func (v *version) matches(f engine.DefinitionFilter) bool {
	return (f.Label == "" || slices.Contains(v.labels, f.Label)) && contains(f.Query, v.ref.Name, v.title)
}

// Versions implements engine.Reader: the highest version first,
// ErrDefinitionNotFound when there is none.
func (s *Store) Versions(ctx context.Context, viewer workflow.Actor, name string) ([]engine.DefinitionRow, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list versions of %s: %w", name, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var rows []engine.DefinitionRow
	for _, v := range s.versions(viewer.Tenant, name) {
		if v.ref.Name == name {
			rows = append(rows, s.definitionRow(v))
		}
	}
	if len(rows) == 0 {
		return nil, workflow.ErrDefinitionNotFound
	}
	return rows, nil
}

func (s *Store) definitionRow(v *version) engine.DefinitionRow {
	row := engine.DefinitionRow{
		Ref: v.ref, Title: v.title, Labels: slices.Clone(v.labels),
		IsActive: !v.inactive, CreatedAt: v.at, CreatedBy: v.by,
	}
	for _, r := range s.instances {
		if r.instance.Tenant != v.tenant || r.instance.Definition != v.ref {
			continue
		}
		row.Instances++
		if !r.instance.Status.Finished() {
			row.Open++
		}
	}
	return row
}
