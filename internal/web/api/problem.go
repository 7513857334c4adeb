package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// huma makes the refusals of its own checks through these two variables; they
// are set once, before any operation exists.
func init() {
	huma.NewError = newProblem
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		p := newProblem(status, message, errs...).(*respond.Problem)
		if ctx != nil {
			p.Instance = ctx.URL().Path
		}
		return p
	}
}

// newProblem turns what huma found wrong with a request into a problem
// document: 400 for what cannot be read or asked, 404 for an id that cannot
// be one, 422 for a body that does not fit.
func newProblem(status int, message string, errs ...error) huma.StatusError {
	p := &respond.Problem{Type: "tandem:" + codeOf(status), Status: status, Detail: sentence(message)}
	for _, err := range errs {
		if err == nil {
			continue
		}
		place, text := "", err.Error()
		if d, ok := err.(huma.ErrorDetailer); ok {
			place, text = d.ErrorDetail().Location, d.ErrorDetail().Message
		}
		if status == http.StatusUnprocessableEntity {
			p.Status = statusOf(place, p.Status)
		}
		p.Errors = append(p.Errors, workflow.Problem{Pointer: pointer(place), Message: text, Code: "invalid"})
	}
	if p.Status != status {
		p.Type = "tandem:" + codeOf(p.Status)
	}
	if len(p.Errors) > 0 {
		p.Detail = "The request cannot be taken: " + p.Errors[0].Message + "."
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// statusOf gives the status that a fault at a place asks for.
func statusOf(place string, status int) int {
	switch {
	case strings.HasPrefix(place, "path."):
		return http.StatusNotFound
	case strings.HasPrefix(place, "query"), strings.HasPrefix(place, "header."):
		return http.StatusBadRequest
	}
	return status
}

func codeOf(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "malformed"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusUnprocessableEntity:
		return "invalid_input"
	}
	return strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
}

func sentence(message string) string {
	if message == "" {
		return "The request cannot be taken."
	}
	return strings.ToUpper(message[:1]) + message[1:] + "."
}

// pointer turns huma's place, "body.items[0].name", into a JSON pointer.
func pointer(place string) string {
	place = strings.TrimPrefix(place, "body")
	place = strings.NewReplacer("[", ".", "]", "", "~", "~0", "/", "~1").Replace(place)
	if place == "" {
		return ""
	}
	return "/" + strings.ReplaceAll(strings.TrimPrefix(place, "."), ".", "/")
}
