package db

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// maxDefinitions bounds how many versions of a tenant are sorted at once.
const maxDefinitions = 10_000

const (
	sqlDefinitions = `SELECT name, version, title, labels, is_active FROM definitions
		WHERE tenant_id = $1 AND ($2 = '' OR name = $2) LIMIT 10000`
	// $2 and $3 pair names with versions.
	sqlDefinitionRows = `SELECT d.name, d.version, d.title, d.labels, d.is_active, d.created_at, d.created_by,
			coalesce(sum(k.n), 0)::bigint, coalesce(sum(k.n) FILTER (WHERE k.bucket NOT IN ('completed', 'canceled')), 0)::bigint
		FROM unnest($2::text[], $3::text[]) AS x(name, version)
		JOIN definitions AS d ON d.tenant_id = $1 AND d.name = x.name AND d.version = x.version
		LEFT JOIN counters AS k ON k.tenant_id = $1 AND k.definition_name = x.name AND k.definition_version = x.version AND k.figure = 'status'
		GROUP BY d.tenant_id, d.name, d.version`
)

// Definitions implements engine.Reader. Everyone sees the definitions of his
// tenant. Versions are ordered by the program: Postgres does not know them.
func (d *DB) Definitions(ctx context.Context, viewer workflow.Actor, f engine.DefinitionFilter, p engine.Paging) (engine.Page[engine.DefinitionRow], error) {
	var page engine.Page[engine.DefinitionRow]
	limit, err := checkPaging(p)
	if err != nil {
		return page, err
	}
	found, err := d.versions(ctx, viewer.Tenant, "")
	if err != nil {
		return page, err
	}
	if !f.AllVersions {
		found = latestReleases(found)
	}
	found = slices.DeleteFunc(found, func(v engine.DefinitionRow) bool { return !matches(v, f) })
	start, err := startOf(found, p)
	if err != nil {
		return page, err
	}
	end := min(start+limit, len(found))
	page.Limit, page.Total, page.TotalIsCapped = limit, len(found), len(found) == maxDefinitions
	if end < len(found) {
		page.NextCursor = encodeCursor("definitions", found[end-1].Ref)
	}
	page.Items, err = d.fill(ctx, viewer.Tenant, found[start:end])
	return page, err
}

// versions gives what decides about order and place in the list: by name, the
// highest version first. An empty name stands for all.
func (d *DB) versions(ctx context.Context, tenant, name string) ([]engine.DefinitionRow, error) {
	rows, err := d.of(tenant).Query(ctx, sqlDefinitions, tenant, name)
	if err != nil {
		return nil, wrap("list definitions", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v engine.DefinitionRow, err error) {
		return v, row.Scan(&v.Name, &v.Version, &v.Title, &v.Labels, &v.IsActive)
	})
	slices.SortFunc(list, func(a, b engine.DefinitionRow) int { return compareRefs(a.Ref, b.Ref) })
	return list, wrap("list definitions", err)
}

func compareRefs(a, b workflow.Ref) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), workflow.CompareVersions(b.Version, a.Version))
}

// latestReleases keeps the highest active release of each name.
func latestReleases(list []engine.DefinitionRow) []engine.DefinitionRow {
	active := map[string][]string{}
	for _, v := range list {
		if v.IsActive {
			active[v.Name] = append(active[v.Name], v.Version)
		}
	}
	return slices.DeleteFunc(list, func(v engine.DefinitionRow) bool {
		return !v.IsActive || v.Version != workflow.Latest(active[v.Name])
	})
}

func matches(v engine.DefinitionRow, f engine.DefinitionFilter) bool {
	query := strings.ToLower(f.Query)
	return (f.Label == "" || slices.Contains(v.Labels, f.Label)) &&
		(strings.Contains(strings.ToLower(v.Name), query) || strings.Contains(strings.ToLower(v.Title), query))
}

// startOf is the index of the page's first row.
func startOf(list []engine.DefinitionRow, p engine.Paging) (int, error) {
	if p.Cursor == "" {
		return min(p.Offset, len(list)), nil
	}
	last, err := decodeCursor[workflow.Ref]("definitions", p.Cursor)
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(list, func(v engine.DefinitionRow) bool { return compareRefs(v.Ref, last) > 0 })
	if i < 0 {
		return len(list), nil
	}
	return i, nil
}

// fill reads the whole rows of a few versions, in their order.
func (d *DB) fill(ctx context.Context, tenant string, list []engine.DefinitionRow) ([]engine.DefinitionRow, error) {
	var names, versions []string
	for _, v := range list {
		names, versions = append(names, v.Name), append(versions, v.Version)
	}
	rows, err := d.of(tenant).Query(ctx, sqlDefinitionRows, tenant, names, versions)
	if err != nil {
		return nil, wrap("read definitions", err)
	}
	full, err := pgx.CollectRows(rows, scanDefinition)
	slices.SortFunc(full, func(a, b engine.DefinitionRow) int { return compareRefs(a.Ref, b.Ref) })
	return full, wrap("read definitions", err)
}

func scanDefinition(row pgx.CollectableRow) (v engine.DefinitionRow, err error) {
	return v, row.Scan(&v.Name, &v.Version, &v.Title, &v.Labels, &v.IsActive, &v.CreatedAt, &v.CreatedBy, &v.Instances, &v.Open)
}

// Versions implements engine.Reader: the highest version first,
// ErrDefinitionNotFound when there is none.
func (d *DB) Versions(ctx context.Context, viewer workflow.Actor, name string) ([]engine.DefinitionRow, error) {
	if name == "" {
		return nil, workflow.ErrDefinitionNotFound
	}
	list, err := d.versions(ctx, viewer.Tenant, name)
	if err != nil {
		return nil, fmt.Errorf("versions of %s: %w", name, err)
	}
	if len(list) == 0 {
		return nil, workflow.ErrDefinitionNotFound
	}
	return d.fill(ctx, viewer.Tenant, list)
}
