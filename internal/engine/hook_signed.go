package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"tandem/internal/action"
	"tandem/internal/signature"
	"tandem/internal/workflow"
)

// HookCall is a call of a webhook's address.
type HookCall struct {
	Header func(name string) string // the first value of a header; empty when there is none
	Body   []byte                   // as it came, at most workflow.MaxResult bytes
}

// Hook is a call whose signature holds, or that needs none.
type Hook struct {
	Payload json.RawMessage // what it tells: not checked to be JSON
	Answer  json.RawMessage // what a provider that only tries the address wants to hear; nil = the call counts

	request *request
}

var (
	errHookReplayed = workflow.Errorf(workflow.KindConflict, workflow.ErrHookUsed.Code, "This call was taken before. A call counts once.")
	errHookNoSecret = workflow.Errorf(workflow.KindUnavailable, "hook_unverifiable", "Calls of this address cannot be verified at present. Nothing was changed; send the call again later.")
)

// OpenHook verifies a call of a webhook's address and changes nothing. Whoever
// knows the address and not the secret learns that there is an address, and
// nothing else.
func (e *Engine) OpenHook(ctx context.Context, token string, call HookCall) (*Hook, error) {
	instance, cmd, err := e.readHookToken(token)
	if err != nil {
		return nil, err
	}
	def, step, err := e.hookStep(ctx, instance, cmd.Step)
	if err != nil {
		return nil, err
	}
	h := &Hook{Payload: call.Body, request: &request{instance: instance}}
	if v := step.Webhook.Verify; v != nil {
		if err := e.verifyHook(ctx, h, def.tenant, def.Name, *v, signature.Call(call)); err != nil {
			return nil, err
		}
		cmd.Proof = proofOf(*v, call)
	}
	h.request.cmd = cmd
	return h, nil
}

// tenantDefinition is a definition with the tenant of an instance of it.
type tenantDefinition struct {
	*workflow.Definition
	tenant string
}

// hookStep gives the step that a token names, as the instance's version has it.
func (e *Engine) hookStep(ctx context.Context, instance uuid.UUID, name string) (tenantDefinition, *workflow.Step, error) {
	none := tenantDefinition{}
	snaps, err := e.storage.Load(ctx, []uuid.UUID{instance}, Want{})
	if err != nil {
		return none, nil, err
	}
	snap := snaps[instance]
	if snap == nil {
		return none, nil, workflow.ErrHookNotFound
	}
	in := &snap.Instance
	def, err := e.definition(ctx, in.Tenant, in.Definition)
	if err != nil {
		return none, nil, brokenDefinition(err)
	}
	if to, renamed := in.State.Aliases[name]; renamed {
		name = to
	}
	step := def.Step(name)
	if step == nil || step.Webhook == nil {
		return none, nil, workflow.ErrHookNotFound
	}
	return tenantDefinition{def, in.Tenant}, step, nil
}

// verifyHook believes a call or refuses it with one sentence, whatever is wrong
// with it. What a call was signed with names it within its instance.
func (e *Engine) verifyHook(ctx context.Context, h *Hook, tenant, definition string, v workflow.Verify, call signature.Call) error {
	secret, err := e.hookSecret(ctx, tenant, definition, v)
	if err != nil {
		return err
	}
	scheme := signature.Scheme(v.Scheme)
	id, err := signature.Verify(scheme, secret, defaultTo(v.Tolerance, signature.DefaultTolerance), e.now(), call)
	switch {
	case errors.Is(err, signature.ErrSecret):
		e.log.Error("the secret of a webhook cannot be used", "definition", definition, "secret", v.Secret, "scheme", v.Scheme, "error", err)
		return errHookNoSecret
	case err != nil:
		e.log.Info("a webhook's call was refused", "instance", h.request.instance, "definition", definition, "scheme", v.Scheme, "reason", err)
		return workflow.ErrHookUnsigned
	}
	if answer, is := signature.Greeting(scheme, call); is {
		h.Answer = answer
		return nil
	}
	h.request.key = &workflow.RequestKey{
		Tenant: tenant, Caller: "hook", Method: "POST", Key: id, Body: id, At: e.now(),
		Path: "/instances/" + h.request.instance.String() + "/hooks/" + v.Scheme + "/" + v.Secret,
	}
	if h.Payload, err = signature.Payload(scheme, call); err != nil {
		return workflow.Errorf(workflow.KindMalformed, "malformed", "The form in the body cannot be read.")
	}
	return nil
}

// hookSecret gives the value of the secret that a webhook's calls are signed
// with. What keeps it from us is said to operators alone.
func (e *Engine) hookSecret(ctx context.Context, tenant, definition string, v workflow.Verify) (string, error) {
	var found action.Secrets
	err := errors.New("this program keeps no secrets")
	if e.pool.secrets != nil {
		found, err = e.pool.secrets.Reveal(ctx, tenant, definition, []string{v.Secret})
	}
	switch {
	case workflow.KindOf(err) == workflow.KindUnavailable:
		return "", err
	case err == nil && len(found) != 1:
		err = fmt.Errorf("%d secrets were given for one", len(found))
		fallthrough
	case err != nil:
		e.log.Error("a webhook's call cannot be verified", "definition", definition, "secret", v.Secret, "error", err)
		return "", errHookNoSecret
	}
	return found[0].Value, nil
}

// proofOf is what is kept of a call that was verified.
func proofOf(v workflow.Verify, call HookCall) *workflow.HookProof {
	sum := sha256.Sum256(call.Body)
	p := &workflow.HookProof{Verify: v, BodySHA256: hex.EncodeToString(sum[:]), ContentType: clip(call.Header("Content-Type"), maxContentType)}
	if len(call.Body) <= workflow.MaxHookBody {
		p.Body = string(call.Body)
	}
	return p
}

// maxContentType bounds what is kept of a call's Content-Type, in bytes.
const maxContentType = 100

func clip(text string, most int) string { return text[:min(len(text), most)] }

// AcceptHook delivers what OpenHook has verified: 409 once the visit has had
// its call, or when the same call was taken before by this instance.
func (e *Engine) AcceptHook(ctx context.Context, h *Hook) (workflow.Instance, error) {
	cmd := h.request.cmd.(workflow.ReceiveHook)
	cmd.Payload = h.Payload
	h.request.cmd = cmd
	if h.request.key == nil {
		return e.bringHook(ctx, h.request)
	}
	leave, err := e.twins.enter(ctx, h.request.key.Name())
	if err != nil {
		return workflow.Instance{}, err
	}
	defer leave()
	for try := 1; ; try++ {
		_, used, err := e.storage.KeyUse(ctx, *h.request.key)
		if err != nil {
			return workflow.Instance{}, err
		}
		if used {
			return workflow.Instance{}, errHookReplayed
		}
		in, err := e.bringHook(ctx, h.request)
		if !errors.Is(err, ErrKeyTaken) || try == maxTries {
			return in, err
		}
	}
}
