package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

// macSize is the length of a hook token's signature in bytes.
const macSize = 16

// hookToken names one visit of a webhook step, signed: the instance's id, visit
// and index as varints, the step's name, and the first bytes of an HMAC-SHA256.
func (e *Engine) hookToken(instance uuid.UUID, step string, visit, index int) string {
	raw := append([]byte(nil), instance[:]...)
	raw = binary.AppendUvarint(raw, uint64(visit))
	raw = binary.AppendUvarint(raw, uint64(index))
	raw = append(raw, step...)
	return base64.RawURLEncoding.EncodeToString(append(raw, e.hookMAC(raw)...))
}

func (e *Engine) hookMAC(raw []byte) []byte {
	mac := hmac.New(sha256.New, e.hookKey)
	mac.Write(raw)
	return mac.Sum(nil)[:macSize]
}

func (e *Engine) hookURL(instance uuid.UUID, step string, visit, index int) string {
	return e.hookLink(e.hookToken(instance, step, visit, index))
}

// ReceiveHook delivers a webhook's payload to a step that asks for no
// signature: the token is the only credential.
func (e *Engine) ReceiveHook(ctx context.Context, token string, payload json.RawMessage) (workflow.Instance, error) {
	instance, cmd, err := e.readHookToken(token)
	if err != nil {
		return workflow.Instance{}, err
	}
	cmd.Payload = payload
	return e.bringHook(ctx, &request{instance: instance, cmd: cmd})
}

func (e *Engine) bringHook(ctx context.Context, r *request) (workflow.Instance, error) {
	in, err := e.submit(ctx, r)
	if workflow.KindOf(err) == workflow.KindNotFound {
		err = workflow.ErrHookNotFound
	}
	return in, err
}

func (e *Engine) readHookToken(token string) (uuid.UUID, workflow.ReceiveHook, error) {
	var cmd workflow.ReceiveHook
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < len(uuid.Nil)+macSize+2 {
		return uuid.Nil, cmd, workflow.ErrHookNotFound
	}
	body, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(mac, e.hookMAC(body)) {
		return uuid.Nil, cmd, workflow.ErrHookNotFound
	}
	id := uuid.UUID(body[:16])
	body = body[16:]
	visit, n := binary.Uvarint(body)
	index, m := binary.Uvarint(body[max(n, 0):])
	if n <= 0 || m <= 0 {
		return uuid.Nil, cmd, workflow.ErrHookNotFound
	}
	return id, workflow.ReceiveHook{Step: string(body[n+m:]), Visit: int(visit), Index: int(index)}, nil
}
