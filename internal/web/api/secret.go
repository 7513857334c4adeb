package api

import (
	"context"
	"net/http"
	"time"

	"tandem/internal/engine"
	"tandem/internal/secret"
	"tandem/internal/workflow"
)

// Secret is what may be shown of a secret: never its value.
type Secret struct {
	Name        string    `json:"name"`
	Definitions []string  `json:"definitions" nullable:"false" doc:"The workflows whose steps may use it; * = all."`
	Hosts       []string  `json:"hosts" nullable:"false" doc:"Where it may be sent; * = anywhere."`
	CreatedBy   string    `json:"created_by"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedBy   string    `json:"updated_by"`
	UpdatedAt   time.Time `json:"updated_at"`
}

type (
	secretList    struct{ Paging }
	secretsAnswer struct{ Body List[Secret] }
	secretInput   struct {
		Name string `path:"name"`
	}
	putSecretInput struct {
		Name string `path:"name"`
		Body struct {
			Value       string   `json:"value" doc:"8 bytes to 16 KiB. It is never shown again."`
			Definitions []string `json:"definitions" nullable:"false" minItems:"1" maxItems:"50" doc:"The workflows whose steps may use it; * = all."`
			Hosts       []string `json:"hosts" nullable:"false" minItems:"1" maxItems:"50" doc:"Where it may be sent, such as api.example.com or *.example.com; * = anywhere."`
		}
	}
	secretEnd struct {
		Name string `path:"name"`
		Body *struct{}
	}
	secretAnswer struct{ Body Secret }
)

func (b *builder) secretRoutes() {
	const all, one = "/secrets", "/secrets/{name}"
	handle(b, endpoint{Route: administers(http.MethodGet, all, "secrets"), ID: "list-secrets", Summary: "List secrets, without their values"}, b.listSecrets)
	handle(b, endpoint{Route: administers(http.MethodGet, one, "secrets"), ID: "get-secret", Summary: "Get a secret's rules, without its value", Refusals: []int{404}}, b.getSecret)
	handle(b, endpoint{Route: administers(http.MethodPut, one, "secrets"), ID: "put-secret", Summary: "Store or replace a secret", Refusals: []int{413, 422},
		Doc: "Its rules are replaced with it. Steps under way keep the value that they have."}, b.putSecret)
	handle(b, endpoint{Route: administers(http.MethodDelete, one, "secrets"), ID: "delete-secret", Summary: "Delete a secret", Status: 204, Refusals: []int{404},
		Doc: "Steps that need it fail from then on."}, b.deleteSecret)
}

func (a *API) listSecrets(ctx context.Context, who workflow.Actor, in *secretList) (*secretsAnswer, error) {
	rows, err := a.allSecrets(ctx, who)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(rows, in.Paging)
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, secretOf)
	return &secretsAnswer{list}, err
}

// allSecrets reads all secrets, up to as many as totals count.
func (a *API) allSecrets(ctx context.Context, who workflow.Actor) ([]secret.Info, error) {
	var all []secret.Info
	for after := ""; len(all) < engine.MaxTotal; after = all[len(all)-1].Name {
		rows, err := a.Secrets.List(ctx, who, after, maxRead)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if len(rows) < maxRead {
			break
		}
	}
	return all, nil
}

func (a *API) getSecret(ctx context.Context, who workflow.Actor, in *secretInput) (*secretAnswer, error) {
	info, err := a.Secrets.Info(ctx, who, in.Name)
	if err != nil {
		return nil, err
	}
	shape, err := secretOf(info)
	return &secretAnswer{shape}, err
}

func (a *API) putSecret(ctx context.Context, who workflow.Actor, in *putSecretInput) (*secretAnswer, error) {
	err := a.Secrets.Set(ctx, who, secret.NewSecret{Name: in.Name, Value: in.Body.Value, Definitions: in.Body.Definitions, Hosts: in.Body.Hosts})
	if err != nil {
		return nil, err
	}
	return a.getSecret(ctx, who, &secretInput{in.Name})
}

func (a *API) deleteSecret(ctx context.Context, who workflow.Actor, in *secretEnd) (*nothing, error) {
	return nil, a.Secrets.Delete(ctx, who, in.Name)
}

func secretOf(i secret.Info) (Secret, error) {
	return Secret{
		Name: i.Name, Definitions: orEmpty(i.Definitions), Hosts: orEmpty(i.Hosts),
		CreatedBy: i.CreatedBy, CreatedAt: i.CreatedAt, UpdatedBy: i.UpdatedBy, UpdatedAt: i.UpdatedAt,
	}, nil
}
