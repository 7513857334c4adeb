package engine

import (
	"context"
	"time"

	"tandem/internal/action"
	"tandem/internal/workflow"
)

// Secrets gives the values of secrets to steps of a definition. Its errors are
// *action.Error where the step may not have one of them.
type Secrets interface {
	Reveal(ctx context.Context, tenant, definition string, names []string) (action.Secrets, error)
}

// reveal puts the values of the secrets that a step uses into its call. They
// live no longer than the call.
func (p *pool) reveal(ctx context.Context, it item, call *action.Call) error {
	names := it.step.Machine.Secrets()
	if len(names) == 0 {
		return nil
	}
	if p.secrets == nil {
		return &action.Error{Code: "secrets_not_configured", Message: "this program keeps no secrets"}
	}
	secrets, err := p.fetch(ctx, it, names)
	if err != nil {
		return err
	}
	values := map[string]string{}
	for _, s := range secrets {
		values[s.Name] = s.Value
	}
	call.Secrets, call.Log = secrets, secrets.Logger(call.Log)
	call.Input, err = it.step.Machine.Reveal(call.Input, func(name string) string { return values[name] })
	return err
}

// fetch asks for secrets until the store answers or ctx ends: a database that
// is away is not the step's fault.
func (p *pool) fetch(ctx context.Context, it item, names []string) (action.Secrets, error) {
	for wait := firstWait; ; wait = min(2*wait, time.Second) {
		secrets, err := p.secrets.Reveal(ctx, it.in.Tenant, it.in.Definition.Name, names)
		if workflow.KindOf(err) != workflow.KindUnavailable || !sleep(ctx, wait) {
			return secrets, err
		}
	}
}
