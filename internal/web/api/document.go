package api

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// documentPath is where the OpenAPI document lies, without its ending.
const documentPath = "/openapi"

const about = `Start workflows, follow them, and decide tasks.

Send a token as ` + "`Authorization: Bearer …`" + `. Who acts is always the owner of the token.
Refusals are problem documents (RFC 9457). Times are RFC 3339 in UTC, ids are UUIDs.
Where the server limits the requests of a token, each answer says in RateLimit and RateLimit-Policy what is left; 429 comes with Retry-After.`

func (a *API) humaConfig() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	spec := &huma.OpenAPI{
		OpenAPI:    "3.1.0",
		Info:       &huma.Info{Title: "Tandem", Version: "1", Description: about},
		Components: &huma.Components{Schemas: registry, SecuritySchemes: securitySchemes()},
		Security:   []map[string][]string{{"token": {}}, {"session": {}}},
	}
	if a.PublicURL != "" {
		spec.Servers = []*huma.Server{{URL: a.PublicURL}}
	}
	return huma.Config{
		OpenAPI:                      spec,
		Formats:                      map[string]huma.Format{"application/json": strictJSON, "json": strictJSON},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
}

func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "An API token."},
		"session": {Type: "apiKey", In: "cookie", Name: "tandem_session", Description: "The browser's session, from pages of this server only."},
	}
}

// schemaName names the schema of a Go type.
func schemaName(t reflect.Type, hint string) string {
	if t == reflect.TypeFor[workflow.Problem]() {
		return "Fault"
	}
	return huma.DefaultSchemaNamer(t, hint)
}

// operation is what huma needs to know of an endpoint.
func (b *builder) operation(e endpoint) huma.Operation {
	resource := strings.ToUpper(e.Resource[:1]) + e.Resource[1:]
	return huma.Operation{
		OperationID: e.ID, Method: e.Method, Path: e.Pattern, Summary: e.Summary, Description: e.Doc,
		Tags: append([]string{resource}, b.Tags...), DefaultStatus: e.Status,
		MaxBodyBytes: cmp.Or(e.MaxBody, maxBody), BodyReadTimeout: readTimeout,
		RejectUnknownQueryParameters: true,
		Responses:                    b.problems(e.Refusals...),
		Middlewares:                  huma.Middlewares{b.admit(e)},
	}
}

// problems documents the refusals of an operation.
func (b *builder) problems(more ...int) map[string]*huma.Response {
	schema := b.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[respond.Problem](), true, "")
	all := map[string]*huma.Response{}
	for _, status := range append([]int{400, 401, 403, 429, 503}, more...) {
		all[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
		}
	}
	return all
}

// documents are the OpenAPI document in both ways of writing.
type documents struct{ asJSON, asYAML []byte }

// document writes the OpenAPI document.
func (b *builder) document() documents {
	spec := b.huma.OpenAPI()
	b.showExamples()
	maps.DeleteFunc(spec.Components.Schemas.Map(), func(name string, _ *huma.Schema) bool {
		return name == "ErrorModel" || name == "ErrorDetail" // huma's own problem, which is never sent
	})
	for _, schema := range spec.Components.Schemas.Map() {
		if e := schema.Properties["error"]; e != nil && e.Ref != "" {
			schema.Properties["error"] = &huma.Schema{
				Description: e.Description, AnyOf: []*huma.Schema{{Ref: e.Ref}, {Type: "null"}},
			}
		}
	}
	asJSON, err := spec.MarshalJSON()
	if err != nil {
		panic(fmt.Sprintf("api: OpenAPI document: %v", err)) // made of this package's own declarations
	}
	asYAML, err := spec.YAML()
	if err != nil {
		panic(fmt.Sprintf("api: OpenAPI document: %v", err))
	}
	return documents{asJSON, asYAML}
}

// operationsOf lists the operations of a path.
func operationsOf(item *huma.PathItem) []*huma.Operation {
	var all []*huma.Operation
	for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
		if op != nil {
			all = append(all, op)
		}
	}
	return all
}

// documentRoutes serves the OpenAPI document to everyone: it holds no secret.
func (b *builder) documentRoutes() {
	for ending, media := range map[string]string{".json": "application/openapi+json", ".yaml": "application/openapi+yaml"} {
		b.routes = append(b.routes, Route{Method: http.MethodGet, Pattern: documentPath + ending, Guard: guard.Public})
		b.router.Get(documentPath+ending, func(w http.ResponseWriter, _ *http.Request) {
			text := b.written().asJSON
			if ending == ".yaml" {
				text = b.written().asYAML
			}
			w.Header().Set("Content-Type", media)
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = w.Write(text) // the reader may have left
		})
	}
}
