package api

import (
	"context"
	"net/http"

	"tandem/internal/engine"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

type (
	activateInput struct {
		Name    string `path:"name"`
		Version string `path:"version"`
		Body    *struct {
			IsActive *bool  `json:"is_active,omitempty" doc:"Needed. False: nothing can be started with it, by schedules neither."`
			Reason   string `json:"reason,omitempty" doc:"Kept in the audit."`
		}
	}
	deleteVersionInput struct {
		Name    string `path:"name"`
		Version string `path:"version"`
		Reason  string `query:"reason" doc:"Kept in the audit."`
	}
	versionAnswer struct{ Body VersionInfo }
)

// versionRoutes change what may be done with versions of a definition. Both can
// be repeated without harm.
func (b *builder) versionRoutes() {
	const one = "/definitions/{name}/versions/{version}"
	route := func(method string) Route {
		return Route{Method: method, Pattern: one, Guard: guard.Authors, Resource: "definitions", Write: true}
	}
	handle(b, endpoint{Route: route(http.MethodPatch), ID: "activate-version", Summary: "Activate or deactivate a version", Refusals: []int{404, 422},
		Doc: "Running instances are untouched. Schedules are those of the latest active release."}, b.activateVersion)
	handle(b, endpoint{Route: route(http.MethodDelete), ID: "delete-version", Summary: "Delete a version", Status: 204, Refusals: []int{404, 409},
		Doc: "Only one that is not active and that no instance uses, finished ones too. Its name and number stay taken for other content."}, b.deleteVersion)
}

func (a *API) activateVersion(ctx context.Context, who workflow.Actor, in *activateInput) (*versionAnswer, error) {
	ref := workflow.Ref{Name: in.Name, Version: in.Version}
	if in.Body == nil || in.Body.IsActive == nil {
		if _, err := a.versionRow(ctx, who, ref); err != nil {
			return nil, err
		}
		return nil, invalid("is_active", "Say true or false.")
	}
	if err := a.Engine.ActivateVersion(ctx, who, ref, *in.Body.IsActive, in.Body.Reason); err != nil {
		return nil, err
	}
	row, err := a.versionRow(ctx, who, ref)
	if err != nil {
		return nil, err
	}
	return &versionAnswer{versionInfo(row)}, nil
}

func (a *API) deleteVersion(ctx context.Context, who workflow.Actor, in *deleteVersionInput) (*struct{}, error) {
	return nil, a.Engine.DeleteVersion(ctx, who, workflow.Ref{Name: in.Name, Version: in.Version}, in.Reason)
}

func versionInfo(row engine.DefinitionRow) VersionInfo {
	return VersionInfo{Version: row.Version, IsActive: row.IsActive, CreatedAt: row.CreatedAt, CreatedBy: row.CreatedBy, Instances: row.Instances}
}
