package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"

	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// mountHooks adds the address that webhook steps wait at. Only POST does
// anything: what opens links to look at them must not decide.
func (a *API) mountHooks(r chi.Router) {
	a.rules = append(a.rules, Route{Method: http.MethodPost, Pattern: "/hooks/{token}", Guard: guard.Public, Write: true})
	r.Post("/hooks/{token}", a.hook)
}

func (a *API) hook(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, workflow.MaxResult))
	if err == nil {
		payload, err = jsonPayload(payload)
	}
	if err == nil {
		_, err = a.Engine.ReceiveHook(r.Context(), chi.URLParam(r, "token"), payload)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// jsonPayload takes an empty body as null and refuses what is not JSON.
func jsonPayload(raw []byte) ([]byte, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return []byte("null"), nil
	}
	if !json.Valid(raw) {
		return nil, workflow.Errorf(workflow.KindMalformed, "malformed", "The body is not JSON. Send one JSON value.")
	}
	return raw, nil
}
