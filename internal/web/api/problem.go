package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// What huma refuses by itself becomes a problem document of ours. Its hook is
// one for the whole program, so calls of other APIs, in a program that embeds
// Tandem, are passed on.
func init() {
	others := huma.NewErrorWithContext
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		if ctx == nil || callFrom(ctx.Context()) == nil {
			return others(ctx, status, message, errs...)
		}
		return refusal(ctx, status, message, errs)
	}
}

// refusal gives the problem document for what huma found wrong with a request.
func refusal(ctx huma.Context, status int, message string, errs []error) *respond.Problem {
	path := callFrom(ctx.Context()).r.URL.Path
	switch status {
	case http.StatusRequestEntityTooLarge:
		return respond.ProblemOf(workflow.Errorf(workflow.KindTooLarge, "too_large", "The request has more than %d bytes. Send less at once.", ctx.Operation().MaxBodyBytes), path)
	case http.StatusInternalServerError, http.StatusRequestTimeout:
		return respond.ProblemOf(unreadableBody(errs), path)
	}
	e := &workflow.Error{Kind: workflow.KindInvalid, Code: workflow.ErrInvalidInput.Code}
	for _, err := range errs {
		var d huma.ErrorDetailer
		if errors.As(err, &d) {
			e.Fields = append(e.Fields, fault(ctx.Operation(), d.ErrorDetail()))
			if !strings.HasPrefix(d.ErrorDetail().Location, bodyLocation) {
				status = http.StatusBadRequest
			}
		}
	}
	if status != http.StatusUnprocessableEntity {
		e.Kind, e.Code = workflow.KindMalformed, "malformed"
	}
	e.Message = summary(message, e.Fields)
	p := respond.ProblemOf(e, path)
	if status == http.StatusUnsupportedMediaType {
		p.Type, p.Status, p.Title = "tandem:unsupported_media_type", status, http.StatusText(status)
	}
	return p
}

// unreadableBody is why a body could not be read to its end: its sender broke
// off, or it is too large for the whole server.
func unreadableBody(errs []error) error {
	if err := errors.Join(errs...); errors.As(err, new(*http.MaxBytesError)) {
		return err
	}
	return malformed("The body of the request broke off. Send it again.")
}

func summary(message string, faults []workflow.Problem) string {
	switch len(faults) {
	case 0:
		return upperFirst(message) + "."
	case 1:
		return faults[0].Message
	}
	return fmt.Sprintf("The request has %d faults, each named in errors. The first: %s", len(faults), faults[0].Message)
}

// What huma says, where a sentence of ours takes its place.
const (
	msgUnknownField = "unexpected property"
	msgUnknownQuery = "unknown query parameter"
	msgMissing      = "expected required property "
	msgBadTime      = "invalid date/time"
	msgNoObject     = "expected object"
	msgNotSupported = "unknown content type"
	queryLocation   = "query."
	bodyLocation    = "body"
)

// fault tells one thing that huma found.
func fault(op *huma.Operation, d *huma.ErrorDetail) workflow.Problem {
	pointer := pointerOf(d.Location)
	name := pointer[strings.LastIndexByte(pointer, '/')+1:]
	p := workflow.Problem{Pointer: pointer, Code: "invalid", Message: upperFirst(d.Message) + "."}
	switch {
	case d.Message == msgUnknownField:
		p.Code, p.Message = unknownField(name)
	case d.Message == msgUnknownQuery:
		name = strings.TrimPrefix(d.Location, queryLocation)
		p.Pointer = "/query/" + escapePointer(name)
		p.Code, p.Message = unknownQuery(op, name)
	case strings.HasPrefix(d.Message, msgMissing):
		missing, _, _ := strings.Cut(strings.TrimPrefix(d.Message, msgMissing), " ")
		p.Pointer, p.Code = pointer+"/"+missing, "required"
		p.Message = fmt.Sprintf("The field %q is missing.", missing)
	case strings.HasPrefix(d.Message, msgBadTime):
		p.Message = fmt.Sprintf("The parameter %q is no time. Write it as 2026-03-31T12:00:00Z.", name)
	case strings.HasPrefix(d.Message, msgNotSupported):
		p.Code, p.Message = "unsupported_media_type", "The body must be JSON. Send it with Content-Type: application/json."
	case d.Location == bodyLocation && d.Message == msgNoObject:
		p.Message = "The body must be a JSON object, such as {}. Put the fields between braces."
	case d.Location != bodyLocation:
		p.Message = fmt.Sprintf("The value of %q is wrong: %s.", fieldOf(d.Location), expectation(d.Message))
	case strings.HasSuffix(d.Message, "."):
		p.Code, p.Message = "malformed", d.Message // decodeJSON speaks in sentences
	}
	return p
}

// expectation turns what huma expects into what to do.
func expectation(message string) string {
	message = strings.TrimPrefix(message, "expected value to be ")
	if strings.HasPrefix(message, "one of ") {
		return "take " + message
	}
	return message
}

// fieldOf is the field of a place: the name of the list for one of its items.
func fieldOf(location string) string {
	location, _, _ = strings.Cut(location, "[")
	return location[strings.LastIndexByte(location, '.')+1:]
}

// pointerOf turns body.items[3].name into /items/3/name and query.limit into
// /query/limit.
func pointerOf(location string) string {
	rest, inBody := strings.CutPrefix(location, bodyLocation)
	if !inBody {
		rest = "." + location
	}
	return strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(rest)
}

func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

func unknownField(name string) (code, message string) {
	return "unknown_field", fmt.Sprintf("There is no field %q here. Leave it out, or check its spelling.", name)
}

func unknownQuery(op *huma.Operation, name string) (code, message string) {
	take := "Leave it out."
	if known := queryNames(op); len(known) > 0 {
		take = "Take one of: " + strings.Join(known, ", ") + "."
	}
	return "unknown_parameter", fmt.Sprintf("There is no parameter %q here. %s", name, take)
}

func queryNames(op *huma.Operation) []string {
	var names []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return names
}

// invalid refuses one field of a body.
func invalid(field, message string) error {
	e := workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "%s", message)
	e.Fields = []workflow.Problem{{Pointer: "/" + field, Message: message, Code: "invalid"}}
	return e
}

// under places the faults of a form below the field of the body that holds it.
func under(field string, err error) error {
	e := asError(err)
	if e == nil || e.Kind != workflow.KindInvalid || len(e.Fields) == 0 {
		return err
	}
	placed := *e
	placed.Fields = slices.Clone(e.Fields)
	for i := range placed.Fields {
		if code := placed.Fields[i].Code; code == "outcome" || code == "beside" { // stands beside the data
			continue
		}
		placed.Fields[i].Pointer = field + placed.Fields[i].Pointer
	}
	return &placed
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
