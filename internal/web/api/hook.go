package api

import (
	"errors"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"tandem/internal/engine"
	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// hookPath is where webhooks arrive, without the API's prefix.
const hookPath = "/hooks"

// hookRoutes serves the webhooks' addresses. The token in the address is the
// only credential. Whatever is not a POST changes nothing, because mail
// scanners and previews open links.
func (b *builder) hookRoutes() {
	b.routes = append(b.routes, Route{Method: http.MethodPost, Pattern: hookPath + "/{token}", Guard: guard.Public})
	b.documentHook()
	b.router.HandleFunc(hookPath+"/{token}", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			p := b.refused(&call{r: r}, workflow.Errorf(workflow.KindMalformed, "method_not_allowed", "A webhook takes a POST with a JSON body. Nothing was changed."))
			p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
			respond.JSON(w, r, p)
			return
		}
		status, answer, err := b.receiveHook(w, r)
		if err != nil {
			b.refuseHook(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(append(answer, '\n')) // the sender may have left
	})
}

// receiveHook verifies a call before it looks at what the call tells, so that
// nobody without the secret learns what a step takes.
func (a *API) receiveHook(w http.ResponseWriter, r *http.Request) (status int, answer []byte, err error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, workflow.MaxResult))
	if err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return 0, nil, err
		}
		return 0, nil, malformed("The body of the request broke off. Send it again.")
	}
	hook, err := a.Engine.OpenHook(r.Context(), chi.URLParam(r, "token"), engine.HookCall{Header: r.Header.Get, Body: body})
	switch {
	case err != nil:
		return 0, nil, err
	case hook.Answer != nil:
		return http.StatusOK, hook.Answer, nil
	}
	var plain any
	if err := decodeJSON(hook.Payload, &plain); err != nil {
		return 0, nil, err
	}
	_, err = a.Engine.AcceptHook(r.Context(), hook)
	return http.StatusAccepted, []byte(`{"status":"accepted"}`), err
}

// refuseHook answers a call that is not taken. No token would help its sender.
func (b *builder) refuseHook(w http.ResponseWriter, r *http.Request, err error) {
	p := b.refused(&call{r: r}, err)
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Signature realm="Tandem"`)
	}
	respond.JSON(w, r, p)
}

// documentHook adds the address to the OpenAPI document, whose operations huma
// serves otherwise.
func (b *builder) documentHook() {
	responses := b.problems(404, 405, 409, 413, 422)
	delete(responses, "403")
	responses["200"] = &huma.Response{Description: "A provider tried whether the address is there; nothing was changed"}
	responses["202"] = &huma.Response{Description: "Kept, also when the step does not wait yet"}
	b.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "receive-hook", Method: http.MethodPost, Path: hookPath + "/{token}", Tags: []string{"Hooks"},
		Summary: "Deliver a webhook's payload", Description: "The address comes from hooks.STEP.url; it works once a visit. At most 256 KiB. A step with verify takes calls that are signed as it says.",
		Security:    []map[string][]string{{}},
		Parameters:  []*huma.Param{{Name: "token", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{}}}},
		Responses:   responses,
	})
}
