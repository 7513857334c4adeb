package engine

import (
	"context"
	"encoding/json"

	"tandem/internal/workflow"
)

// Parse checks a document as SaveDefinition would, and stores nothing.
func (e *Engine) Parse(source []byte) (*workflow.Definition, []workflow.Problem, error) {
	return workflow.Parse(source, e.defs.options)
}

// SaveDefinition checks and stores a document. created is false when the same
// content was there already. The warnings do not hinder it.
func (e *Engine) SaveDefinition(ctx context.Context, actor workflow.Actor, source []byte) (def *workflow.Definition, created bool, warnings []workflow.Problem, err error) {
	if !actor.System && !actor.Is(workflow.RoleAuthor) {
		return nil, false, nil, workflow.Errorf(workflow.KindForbidden, "forbidden", "Only authors may store workflows. Ask an admin for the role.")
	}
	def, warnings, err = e.Parse(source)
	if err != nil {
		return nil, false, warnings, err
	}
	err = e.quotas.define(ctx, actor.Tenant, func() (bool, error) {
		versions, err := e.storage.ActiveVersions(ctx, actor.Tenant, def.Name)
		return len(versions) > 0, err
	})
	if err != nil {
		return nil, false, warnings, err
	}
	line := actor.Record(e.now(), "definition.save", "definition", def.Ref.String())
	line.Definition, line.After = def.Name, json.RawMessage(`{"sha256":"`+def.Hash+`"}`)
	created, err = e.storage.SaveDefinition(ctx, def, line, keyOf(ctx))
	if created {
		e.clock.look()
	}
	return def, created, warnings, err
}

// Definition gives one version of a definition, the latest active release when
// version is empty.
func (e *Engine) Definition(ctx context.Context, actor workflow.Actor, name, version string) (*workflow.Definition, error) {
	if version == "" {
		latest, err := e.storage.LatestVersions(ctx, actor.Tenant, []string{name})
		if err != nil {
			return nil, err
		}
		if version = latest[name]; version == "" {
			return nil, workflow.Errorf(workflow.KindNotFound, workflow.ErrDefinitionNotFound.Code,
				"There is no workflow %q that may be started. Check the name, or store and activate a version.", name)
		}
	}
	return e.definition(ctx, actor.Tenant, workflow.Ref{Name: name, Version: version})
}

// Latest gives the latest active release of each of the definitions that has
// one, by name. One whose document cannot be read is left out.
func (e *Engine) Latest(ctx context.Context, actor workflow.Actor, names []string) (map[string]*workflow.Definition, error) {
	latest, err := e.storage.LatestVersions(ctx, actor.Tenant, names)
	if err != nil {
		return nil, err
	}
	defs := map[string]*workflow.Definition{}
	for name, version := range latest {
		if def, err := e.definition(ctx, actor.Tenant, workflow.Ref{Name: name, Version: version}); err == nil {
			defs[name] = def
		}
	}
	return defs, nil
}
