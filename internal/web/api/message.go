package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

type (
	messageInput struct {
		Once
		Body struct {
			Name string `json:"name" minLength:"1" maxLength:"63" doc:"What the message is, such as order.paid."`
			Key  string `json:"key" minLength:"1" maxLength:"255" doc:"Which one it is about, such as an order number."`
			Data Any    `json:"data,omitempty" doc:"The result of the step that waits, or the start data; at most 256 KiB."`
			TTL  string `json:"ttl,omitempty" maxLength:"40" example:"12h" doc:"How long it is kept when nobody waits yet: a duration such as 15m, 12h or 2d, at most 30 days. Default: a day."`
		}
	}
	messageAnswer struct {
		Replayed
		Body struct {
			InstanceID *string `json:"instance_id" format:"uuid" doc:"The instance that it resumed or started; null while it is kept."`
		}
	}
)

func (b *builder) messageRoutes() {
	handleOnce(b, endpoint{Route: changes("/messages", "messages"), ID: "send-message", Summary: "Send a message", Status: http.StatusAccepted, Refusals: []int{413, 422, 429},
		Doc: "Resumes the webhook step that has waited longest for its name and key, else starts the workflow whose start_on names it, else is kept for its ttl. It is used once."}, b.sendMessage, b.sentBefore)
}

func (a *API) sendMessage(ctx context.Context, who workflow.Actor, in *messageInput) (*messageAnswer, error) {
	m := engine.MessageInput{Name: in.Body.Name, Key: in.Body.Key, Data: json.RawMessage(in.Body.Data)}
	if in.Body.TTL != "" {
		ttl, err := workflow.ParseDuration(in.Body.TTL)
		if err != nil || ttl <= 0 {
			return nil, invalid("ttl", "The ttl is no duration. Write it as 15m, 12h or 2d.")
		}
		m.TTL = ttl
	}
	id, err := a.Engine.SendMessage(ctx, who, m)
	if err != nil {
		return nil, under("/data", err)
	}
	return reached(id), nil
}

func (a *API) sentBefore(_ context.Context, _ workflow.Actor, _ *messageInput, use workflow.KeyUse) (*messageAnswer, error) {
	return reached(use.InstanceID), nil
}

func reached(id uuid.UUID) *messageAnswer {
	answer := &messageAnswer{}
	answer.Body.InstanceID = idOrNull(id)
	return answer
}
