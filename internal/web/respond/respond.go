// Package respond turns errors into answers. It owns the one table from kinds
// of error to HTTP statuses, and the problem document of RFC 9457.
package respond

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tandem/internal/workflow"
)

var statuses = map[workflow.Kind]int{
	workflow.KindInternal:     http.StatusInternalServerError,
	workflow.KindMalformed:    http.StatusBadRequest,
	workflow.KindUnauthorized: http.StatusUnauthorized,
	workflow.KindForbidden:    http.StatusForbidden,
	workflow.KindNotFound:     http.StatusNotFound,
	workflow.KindConflict:     http.StatusConflict,
	workflow.KindGone:         http.StatusGone,
	workflow.KindStale:        http.StatusPreconditionFailed,
	workflow.KindTooLarge:     http.StatusRequestEntityTooLarge,
	workflow.KindInvalid:      http.StatusUnprocessableEntity,
	workflow.KindTooMany:      http.StatusTooManyRequests,
	workflow.KindUnavailable:  http.StatusServiceUnavailable,
}

// Problem is the problem document that answers a refused request.
type Problem struct {
	Type     string             `json:"type" doc:"Names the kind of problem; stable for programs." example:"tandem:task_completed"`
	Title    string             `json:"title" doc:"The HTTP status in words." example:"Conflict"`
	Status   int                `json:"status" doc:"The HTTP status." example:"409"`
	Detail   string             `json:"detail" doc:"What happened and what to do, in a sentence for people."`
	Instance string             `json:"instance,omitempty" doc:"The path of the request."`
	Other    string             `json:"instance_id,omitempty" format:"uuid" doc:"The workflow's instance that stands in the way."`
	Errors   []workflow.Problem `json:"errors,omitempty" doc:"Each fault of the input."`

	RetryAfter int `json:"-"` // seconds after which it makes sense to try again, where that is known
}

// Error makes Problem an error, as huma wants its answers.
func (p *Problem) Error() string { return p.Detail }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType names the media type of a problem document.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// keyInUse is the type of a problem that is over in a moment.
const keyInUse = "tandem:key_in_use"

// GetHeaders adds Retry-After where trying again makes sense.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	} else if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests || p.Type == keyInUse {
		h.Set("Retry-After", "2")
	}
	return h
}

// ProblemOf gives the problem document for an error. An error that is not a
// workflow.Error is a fault of ours: its text stays in the log.
func ProblemOf(err error, path string) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		p.Instance = path
		return p
	}
	var e *workflow.Error
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &e):
	case errors.As(err, &big):
		e = workflow.Errorf(workflow.KindTooLarge, "too_large", "The request is larger than %d bytes. Send less at once.", big.Limit)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		e = workflow.Errorf(workflow.KindUnavailable, "timeout", "This took too long. Look whether it was done, then try again.")
	default:
		e = workflow.Errorf(workflow.KindInternal, "internal", "Something went wrong on our side; it has been noted. Nothing you typed was lost: go back and try again.")
	}
	status := statuses[e.Kind]
	problem := &Problem{
		Type: "tandem:" + e.Code, Title: http.StatusText(status), Status: status,
		Detail: e.Message, Instance: path, Errors: e.Fields,
	}
	if e.Instance != uuid.Nil {
		problem.Other = e.Instance.String()
	}
	return problem
}

// JSON answers a refused request with its problem document.
func JSON(w http.ResponseWriter, r *http.Request, p *Problem) {
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the reader may have left
}

// Log writes an error once, at the edge: faults of ours as errors, the rest for
// those who look closely.
func Log(ctx context.Context, log *slog.Logger, r *http.Request, p *Problem, err error, actor, requestID string) {
	level := slog.LevelDebug
	if p.Status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		level = slog.LevelError
	}
	log.Log(ctx, level, "request refused", "status", p.Status, "method", r.Method, "path", pathOf(r),
		"actor", actor, "request_id", requestID, "error", err)
}

// pathOf is the path of a request as logs and audit keep it: without the token of
// a personal link.
func pathOf(r *http.Request) string {
	before, token, ok := strings.Cut(r.URL.Path, "/guest/")
	if !ok {
		return r.URL.Path
	}
	_, below, _ := strings.Cut(token, "/")
	return strings.TrimSuffix(before+"/guest/…/"+below, "/")
}

// Refusal gives the line of the audit about a request that was refused; ok is
// false when there is none to write: a fault of the input or of ours, and pages
// that somebody who is not signed in, or not there, asked for. pattern is the
// route, address and id those of the request.
func Refusal(r *http.Request, err error, actor workflow.Actor, tenant, pattern, address, id string, at time.Time) (line workflow.Record, ok bool) {
	var e *workflow.Error
	if !errors.As(err, &e) || !e.Kind.Refusal() {
		return line, false
	}
	looking := r.Method == http.MethodGet || r.Method == http.MethodHead
	if looking && e.Kind != workflow.KindForbidden && r.Header.Get("Authorization") == "" {
		return line, false
	}
	actor.Tenant, actor.Address, actor.Request = cmp.Or(actor.Tenant, tenant), address, id
	line = actor.Record(at.UTC(), r.Method+" "+pattern, "request", pathOf(r))
	line.Refused, line.Reason = e.Code, e.Message
	return line, true
}
