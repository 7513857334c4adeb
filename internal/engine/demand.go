package engine

import (
	"context"

	"tandem/internal/workflow"
)

// demandContext holds the version that a request demands of its instance.
type demandContext struct{}

// Demand gives a context in which verbs change an instance only while it has a
// version; on any other they are refused with ErrStale and change nothing. 0
// demands nothing.
func Demand(ctx context.Context, version int64) context.Context {
	if version == 0 {
		return ctx
	}
	return context.WithValue(ctx, demandContext{}, version)
}

// demandOf gives the version that a context demands; 0 = any.
func demandOf(ctx context.Context) int64 {
	version, _ := ctx.Value(demandContext{}).(int64)
	return version
}

// demanded refuses a request whose instance has moved on.
func (r *request) demanded(in *workflow.Instance) error {
	if r.version == 0 || r.version == in.Version {
		return nil
	}
	return workflow.ErrStale
}
