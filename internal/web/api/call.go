package api

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"tandem/internal/auth"
	"tandem/internal/engine"
	"tandem/internal/web/respond"
	"tandem/internal/web/session"
	"tandem/internal/workflow"
)

// call is one admitted request.
type call struct {
	r     *http.Request
	actor workflow.Actor
	data  []engine.DataFilter
}

type callKey struct{}

// callFrom gives the call that a context belongs to.
func callFrom(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// admit lets a request through to its operation when the route's rule allows it
// and its address can be read.
func (a *API) admit(e endpoint) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(ctx)
		c := &call{r: r}
		w.Header().Set("Cache-Control", "no-store")
		if err := a.check(e, c, w.Header(), ctx.Operation()); err != nil {
			a.refuse(w, c, err)
			return
		}
		next(huma.WithValue(ctx, callKey{}, c))
	}
}

// check judges a request; what is left of its token's quota is told in h.
func (a *API) check(e endpoint, c *call, h http.Header, op *huma.Operation) error {
	route := e.Route
	if !readable(c.r.URL.Path) {
		return workflow.Errorf(workflow.KindNotFound, "not_found", "There is nothing at this address. Check that it is whole.")
	}
	signedIn, err := a.identify(c)
	if err != nil {
		return err
	}
	if err := a.limits.take(h, c.actor, a.Now()); err != nil {
		return err
	}
	if err := route.Guard.Check(c.actor, signedIn); err != nil {
		return err
	}
	if !auth.Allows(c.actor, route.Resource, route.Write) {
		return workflow.Errorf(workflow.KindForbidden, "scope", "This token does not reach %s for this. Use one with the scope %s.", route.Resource, scope(route))
	}
	if route.Method != http.MethodGet && a.Closing.Err() != nil {
		return workflow.Errorf(workflow.KindUnavailable, "closing", "This server is shutting down. Nothing was changed; try again in a moment.")
	}
	if err := checkQuery(c.r.URL.RawQuery, op); err != nil || !e.Data {
		return err
	}
	return c.takeData()
}

func scope(route Route) string {
	if route.Write {
		return route.Resource + ":write"
	}
	return route.Resource + ":read"
}

// identify finds out who calls: by token, else by the browser's session, which
// counts for changes only when one of our own pages sends them.
func (a *API) identify(c *call) (signedIn bool, err error) {
	actor, ok, err := session.BearerActor(c.r, a.People)
	if ok || err != nil {
		c.act(actor)
		return ok, err
	}
	actor, ok, err = a.Sessions.Actor(c.r)
	if !ok || err != nil {
		return false, err
	}
	c.act(actor)
	if c.r.Method == http.MethodGet {
		return true, nil
	}
	return true, a.checkOrigin(c.r)
}

// act makes somebody the one who calls, from where the request came.
func (c *call) act(a workflow.Actor) {
	ctx := c.r.Context()
	a.Address, a.Request = middleware.GetClientIP(ctx), middleware.GetReqID(ctx)
	c.actor = a
}

// checkOrigin refuses what another site may have made a browser send.
func (a *API) checkOrigin(r *http.Request) error {
	if !a.sameOrigin(r) {
		return workflow.Errorf(workflow.KindForbidden, "cross_origin",
			"With a session, changes are taken only from pages of this server. Programs send a token as Authorization: Bearer.")
	}
	kind := r.Header.Get("Content-Type")
	if kind == "" && r.ContentLength == 0 {
		return nil
	}
	if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
		return workflow.Errorf(workflow.KindForbidden, "not_json",
			"With a session, only JSON bodies are taken. Send Content-Type: application/json, or use a token.")
	}
	return nil
}

// sameOrigin believes what browsers say of the page that a request comes from.
func (a *API) sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || origin.Host == "" {
		return false
	}
	if public, err := url.Parse(a.PublicURL); err == nil && public.Scheme == origin.Scheme && public.Host == origin.Host {
		return true
	}
	return origin.Host == r.Host
}

// checkQuery refuses what would be misread: text that is not Unicode, and a
// parameter that is given twice although it has one value.
func checkQuery(raw string, op *huma.Operation) error {
	if raw == "" {
		return nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return workflow.Errorf(workflow.KindMalformed, "bad_query", "The query of the address cannot be read. Encode special characters, as in %%20.")
	}
	for name, list := range values {
		if !readable(name) || !readable(strings.Join(list, "")) {
			return workflow.Errorf(workflow.KindMalformed, "bad_query", "The query of the address holds text that is not Unicode, or the character U+0000.")
		}
		if len(list) > 1 && isSingle(op, name) {
			return workflow.Errorf(workflow.KindMalformed, "given_twice", "The parameter %q takes one value. Give it once.", name)
		}
	}
	return nil
}

func isSingle(op *huma.Operation, name string) bool {
	for _, p := range op.Parameters {
		if p.In == "query" && p.Name == name {
			return p.Schema == nil || p.Schema.Type != "array"
		}
	}
	return false
}

func readable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// refused notes a refusal in the log and gives its problem document.
func (a *API) refused(c *call, err error) *respond.Problem {
	p := respond.ProblemOf(err, c.r.URL.Path)
	ctx := c.r.Context()
	respond.Log(ctx, a.Log, c.r, p, err, c.actor.ID, middleware.GetReqID(ctx))
	if a.Refused == nil {
		return p
	}
	pattern := chi.RouteContext(ctx).RoutePattern()
	if line, ok := respond.Refusal(c.r, err, c.actor, workflow.DefaultTenant, pattern, middleware.GetClientIP(ctx), middleware.GetReqID(ctx), a.Now()); ok {
		a.Refused(line)
	}
	return p
}

// refuse answers a request that does not reach its operation.
func (a *API) refuse(w http.ResponseWriter, c *call, err error) {
	p := a.refused(c, err)
	if p.Status == http.StatusUnauthorized {
		challenge := `Bearer realm="Tandem"`
		if c.r.Header.Get("Authorization") != "" {
			challenge += `, error="invalid_token"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
	}
	respond.JSON(w, c.r, p)
}
