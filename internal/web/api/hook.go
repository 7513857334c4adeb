package api

import (
	"errors"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

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
		if err := b.receiveHook(w, r); err != nil {
			b.refuse(w, &call{r: r}, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"status":"accepted"}`+"\n") // the sender may have left
	})
}

func (a *API) receiveHook(w http.ResponseWriter, r *http.Request) error {
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, workflow.MaxResult))
	if err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return err
		}
		return malformed("The body of the request broke off. Send it again.")
	}
	var plain any
	if err := decodeJSON(payload, &plain); err != nil {
		return err
	}
	_, err = a.Engine.ReceiveHook(r.Context(), chi.URLParam(r, "token"), payload)
	return err
}

// documentHook adds the address to the OpenAPI document, whose operations huma
// serves otherwise.
func (b *builder) documentHook() {
	responses := b.problems(404, 405, 409, 413, 422)
	delete(responses, "401")
	delete(responses, "403")
	responses["202"] = &huma.Response{Description: "Kept, also when the step does not wait yet"}
	b.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "receive-hook", Method: http.MethodPost, Path: hookPath + "/{token}", Tags: []string{"Hooks"},
		Summary: "Deliver a webhook's payload", Description: "The address comes from hooks.STEP.url; it works once a visit. At most 256 KiB.",
		Security:    []map[string][]string{{}},
		Parameters:  []*huma.Param{{Name: "token", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{}}}},
		Responses:   responses,
	})
}
