package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Once is a caller's own name for a request, so that it may be repeated.
type Once struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Your own name for this request, such as a UUID: repeated with the same body it does nothing more and gives the same answer, with another body it is refused. Known for a day; of a start as long as the instance is kept."`
}

func (o Once) key() string { return o.IdempotencyKey }

// Replayed says in a header that an answer is that of an earlier request.
type Replayed struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true when an earlier request with this key has had the effect."`
}

func (r *Replayed) mark() { r.Replayed = "true" }

// named is an input with Once.
type named[I any] interface {
	*I
	key() string
}

// marked is an answer with Replayed.
type marked[O any] interface {
	*O
	mark()
}

// handleOnce registers an operation whose requests may have a name. A request
// that was carried out before is answered by again, with what it was used for;
// serve must do nothing but its one effect through the engine.
func handleOnce[I, O any, N named[I], M marked[O]](b *builder, e endpoint,
	serve func(context.Context, workflow.Actor, *I) (*O, error),
	again func(context.Context, workflow.Actor, *I, workflow.KeyUse) (*O, error),
) {
	serve = inPlace(b.API, serve)
	register(b, e, func(ctx context.Context, who workflow.Actor, in *I) (*O, error) {
		request, err := b.request(ctx, e, N(in).key(), in)
		if err != nil {
			return nil, err
		}
		var out *O
		use, replayed, err := b.Engine.Once(ctx, who, request, func(ctx context.Context) (err error) {
			out, err = serve(ctx, who, in)
			return err
		})
		if err != nil || !replayed {
			return out, err
		}
		who, err = b.standIn(ctx, who, in)
		if err != nil {
			return nil, err
		}
		if out, err = again(ctx, who, in, use); err != nil {
			return nil, err
		}
		M(out).mark()
		return out, nil
	})
}

// request names a request by its key, its path without the prefix, and what it
// asks for.
func (a *API) request(ctx context.Context, e endpoint, key string, in any) (engine.Idempotency, error) {
	if key == "" {
		return engine.Idempotency{}, nil
	}
	address := callFrom(ctx).r.URL
	body, err := askedFor(in, address.RawQuery)
	if err != nil {
		return engine.Idempotency{}, fmt.Errorf("name a request: %w", err)
	}
	_, path, _ := strings.Cut(address.Path, a.Prefix)
	return engine.Idempotency{Method: e.Method, Path: path, Key: key, Body: body, Lasting: e.Lasting}, nil
}

// askedFor gives what a request asks for: the field Body in one spelling, or
// RawBody as it came, behind what the query says.
func askedFor(in any, query string) ([]byte, error) {
	v := reflect.ValueOf(in).Elem()
	if raw := v.FieldByName("RawBody"); raw.IsValid() {
		return append([]byte(query), raw.Bytes()...), nil
	}
	return json.Marshal(v.FieldByName("Body").Interface())
}

// keyReused is the code of the refusal of a key that was used for another
// request.
const keyReused = "key_reused"

// items names the items of a request, each of which has an effect of its own.
func (a *API) items(path, key string, body any) (func(i int) engine.Idempotency, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("name the items of a request: %w", err)
	}
	return func(i int) engine.Idempotency {
		return engine.Idempotency{Method: http.MethodPost, Path: path + "/" + strconv.Itoa(i), Key: key, Body: text}
	}, nil
}

// instanceAgain answers a repeated request with the instance that it was for,
// as it is by now.
func instanceAgain[I any](a *API) func(context.Context, workflow.Actor, *I, workflow.KeyUse) (*instanceAnswer, error) {
	return func(ctx context.Context, _ workflow.Actor, in *I, use workflow.KeyUse) (*instanceAnswer, error) {
		instance, err := a.Engine.Used(ctx, use)
		if err != nil {
			return nil, err
		}
		var prefer Preference
		if p, ok := any(in).(interface{ preference() Preference }); ok {
			prefer = p.preference()
		}
		return a.answer(ctx, instance, prefer)
	}
}

// pathID is the id in the path of a request.
func pathID(ctx context.Context) string { return chi.URLParam(callFrom(ctx).r, "id") }

// remembered reads what the first answer said.
func remembered[T any](use workflow.KeyUse) (v T, err error) {
	if err := json.Unmarshal(use.Answer, &v); err != nil {
		return v, fmt.Errorf("read the answer of a key: %w", err)
	}
	return v, nil
}
