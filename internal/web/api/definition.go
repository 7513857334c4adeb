package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tandem/internal/engine"
	"tandem/internal/mermaid"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// Definition is a version of a workflow.
type Definition struct {
	Name          string       `json:"name"`
	Version       string       `json:"version"`
	Title         string       `json:"title"`
	Description   string       `json:"description" doc:"Markdown."`
	Labels        []string     `json:"labels" nullable:"false"`
	Steps         []string     `json:"steps" nullable:"false" doc:"The names of the steps, in document order."`
	StepDetails   []StepDetail `json:"step_details" nullable:"false"`
	Edges         []Edge       `json:"edges" nullable:"false"`
	InitialStep   string       `json:"initial_step"`
	TerminalSteps []string     `json:"terminal_steps" nullable:"false"`
	IsActive      bool         `json:"is_active" doc:"It may be started."`
	InputSchema   Object       `json:"input_schema" doc:"JSON Schema of the start data; null when there is none."`
	CreatedAt     time.Time    `json:"created_at"`
	CreatedBy     string       `json:"created_by"`
}

// StepDetail is one step of a definition.
type StepDetail struct {
	Name       string    `json:"name"`
	Type       string    `json:"type" enum:"machine,human,timer,webhook,gateway,workflow,group"`
	Title      string    `json:"title"`
	Join       string    `json:"join" enum:"all,any,first"`
	IsInitial  bool      `json:"is_initial"`
	IsTerminal bool      `json:"is_terminal"`
	Terminate  bool      `json:"terminate" doc:"It cancels all other branches."`
	Action     string    `json:"action,omitempty" doc:"Of a machine step."`
	Mode       string    `json:"mode,omitempty" doc:"Of a gateway."`
	Outcomes   []Outcome `json:"outcomes,omitempty" nullable:"false" doc:"Of a human step."`
	FormSchema Object    `json:"form_schema,omitempty" doc:"Of a human step."`
}

// Outcome is one named button of a task.
type Outcome struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Validate string `json:"validate" enum:"full,none,own" doc:"Whether output_data is checked by the task's form, not at all, or by a form of the outcome's own."`
}

// Edge leads from one step to another.
type Edge struct {
	Source    string  `json:"source"`
	Target    string  `json:"target"`
	Condition *string `json:"condition" doc:"As written; null when there is none."`
	Default   bool    `json:"default" doc:"It fires when no other did."`
	OnSkip    bool    `json:"on_skip" doc:"It fires when the source was skipped."`
	Loop      bool    `json:"loop" doc:"It leads back."`
}

// VersionInfo is a version in the list of a definition's versions.
type VersionInfo struct {
	Version   string    `json:"version"`
	IsActive  bool      `json:"is_active"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	Instances int       `json:"instances" doc:"How many instances use it."`
}

// Validation tells what checking a document found.
type Validation struct {
	Valid         bool               `json:"valid"`
	Errors        []workflow.Problem `json:"errors" nullable:"false"`
	Warnings      []workflow.Problem `json:"warnings" nullable:"false"`
	MermaidSource string             `json:"mermaid_source" doc:"Empty unless the document is valid."`
}

type (
	definitionRef struct {
		Name    string `path:"name"`
		Version string `query:"version" doc:"Default: the latest active release."`
	}
	definitionList struct {
		Paging
		ActiveOnly bool   `query:"active_only" default:"true" doc:"The latest active version of each; all versions when false."`
		Q          string `query:"q" maxLength:"200" doc:"A part of the name or title."`
		Label      string `query:"label"`
	}
	versionList struct {
		Paging
		Name string `path:"name"`
	}
	documentBody struct {
		RawBody []byte `contentType:"application/yaml"`
	}
	createInput struct {
		Once
		RawBody []byte `contentType:"application/yaml"`
	}
	definitionsAnswer struct{ Body List[Definition] }
	versionsAnswer    struct{ Body List[VersionInfo] }
	definitionAnswer  struct {
		Status   int
		Location string `header:"Location"`
		Replayed
		Body Definition
	}
	validationAnswer struct{ Body Validation }
	sourceAnswer     struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
)

func (b *builder) definitionRoutes() {
	const all, one = "/definitions", "/definitions/{name}"
	save, check := changes(all, "definitions"), changes(all+"/validate", "definitions")
	save.Guard, check.Write = guard.Authors, false
	handle(b, endpoint{Route: reads(all, "definitions"), ID: "list-definitions", Summary: "List workflows"}, b.listDefinitions)
	handleOnce(b, endpoint{Route: save, ID: "create-definition", Summary: "Store a workflow document", Status: 201, Refusals: []int{409, 413, 422},
		Doc: "The document as YAML or JSON. The same name, version and content again answers 200; a stored version never changes."}, b.createDefinition, b.createdBefore)
	handle(b, endpoint{Route: check, ID: "validate-definition", Summary: "Check a workflow document, store nothing", Unkeyed: "it changes nothing", Refusals: []int{413}}, b.validateDefinition)
	handle(b, endpoint{Route: reads(one, "definitions"), ID: "get-definition", Summary: "Get a workflow", Refusals: []int{404}}, b.getDefinition)
	handle(b, endpoint{Route: reads(one+"/versions", "definitions"), ID: "list-versions", Summary: "List the versions of a workflow, newest first", Refusals: []int{404}}, b.listVersions)
	handle(b, endpoint{Route: reads(one+"/graph", "definitions"), ID: "get-definition-graph", Summary: "Get the graph of a workflow", Refusals: []int{404}}, b.definitionGraph)
	handle(b, endpoint{Route: reads(one+"/source", "definitions"), ID: "get-definition-source", Summary: "Get the document as it was written", Refusals: []int{404}}, b.definitionSource)
	b.documentMedia(all, all+"/validate")
}

// documentMedia tells the OpenAPI document that workflow documents are YAML or
// JSON. huma would check a JSON body itself if it knew before it registers the
// operations.
func (b *builder) documentMedia(posts ...string) {
	paths := b.huma.OpenAPI().Paths
	media := map[string]*huma.MediaType{
		"application/yaml": {Schema: &huma.Schema{Type: huma.TypeString}},
		"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}},
	}
	for _, path := range posts {
		paths[b.Prefix+path].Post.RequestBody.Content = media
	}
	created := paths[b.Prefix+"/definitions"].Post.Responses
	created["200"] = &huma.Response{Description: "The same content was there already", Content: created["201"].Content}
	paths[b.Prefix+"/definitions/{name}/source"].Get.Responses["200"].Content = media
}

func (a *API) listDefinitions(ctx context.Context, who workflow.Actor, in *definitionList) (*definitionsAnswer, error) {
	page, err := a.Read.Definitions(ctx, who, engine.DefinitionFilter{AllVersions: !in.ActiveOnly, Query: in.Q, Label: in.Label}, in.engine())
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(row engine.DefinitionRow) (Definition, error) {
		def, err := a.Engine.Definition(ctx, who, row.Name, row.Version)
		if err != nil {
			return Definition{}, err
		}
		return definitionOf(def, row), nil
	})
	return &definitionsAnswer{list}, err
}

func (a *API) getDefinition(ctx context.Context, who workflow.Actor, in *definitionRef) (*definitionAnswer, error) {
	def, err := a.Engine.Definition(ctx, who, in.Name, in.Version)
	if err != nil {
		return nil, err
	}
	row, err := a.versionRow(ctx, who, def.Ref)
	if err != nil {
		return nil, err
	}
	return &definitionAnswer{Status: http.StatusOK, Body: definitionOf(def, row)}, nil
}

// stored gives a version that is there: the engine may still know one that was
// deleted.
func (a *API) stored(ctx context.Context, who workflow.Actor, name, version string) (*workflow.Definition, error) {
	def, err := a.Engine.Definition(ctx, who, name, version)
	if err == nil && version != "" {
		_, err = a.versionRow(ctx, who, def.Ref)
	}
	return def, err
}

func (a *API) versionRow(ctx context.Context, who workflow.Actor, ref workflow.Ref) (engine.DefinitionRow, error) {
	rows, err := a.Read.Versions(ctx, who, ref.Name)
	if err != nil {
		return engine.DefinitionRow{}, err
	}
	for _, row := range rows {
		if row.Ref == ref {
			return row, nil
		}
	}
	return engine.DefinitionRow{}, workflow.ErrDefinitionNotFound
}

func (a *API) createDefinition(ctx context.Context, who workflow.Actor, in *createInput) (*definitionAnswer, error) {
	def, created, _, err := a.Engine.SaveDefinition(ctx, who, in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.saved(ctx, who, def, created)
}

func (a *API) createdBefore(ctx context.Context, who workflow.Actor, in *createInput, _ workflow.KeyUse) (*definitionAnswer, error) {
	def, _, err := a.Engine.Parse(in.RawBody)
	if err != nil {
		return nil, err
	}
	return a.saved(ctx, who, def, true)
}

func (a *API) saved(ctx context.Context, who workflow.Actor, def *workflow.Definition, created bool) (*definitionAnswer, error) {
	row, err := a.versionRow(ctx, who, def.Ref)
	if err != nil {
		return nil, err
	}
	answer := &definitionAnswer{Status: http.StatusOK, Body: definitionOf(def, row)}
	if created {
		answer.Status = http.StatusCreated
		answer.Location = location(ctx, def.Name+"?version="+def.Version)
	}
	return answer, nil
}

func (a *API) validateDefinition(_ context.Context, _ workflow.Actor, in *documentBody) (*validationAnswer, error) {
	def, warnings, err := a.Engine.Parse(in.RawBody)
	v := Validation{Valid: err == nil, Errors: []workflow.Problem{}, Warnings: orEmpty(warnings)}
	switch fault := asError(err); {
	case err == nil:
		v.MermaidSource = mermaid.Mermaid(mermaid.Of(def, ""))
	case fault != nil && fault.Kind == workflow.KindInvalid:
		v.Errors = orEmpty(fault.Fields)
	default:
		return nil, err
	}
	return &validationAnswer{v}, nil
}

func (a *API) listVersions(ctx context.Context, who workflow.Actor, in *versionList) (*versionsAnswer, error) {
	rows, err := a.Read.Versions(ctx, who, in.Name)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(rows, in.Paging)
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(row engine.DefinitionRow) (VersionInfo, error) {
		return versionInfo(row), nil
	})
	return &versionsAnswer{list}, err
}

func (a *API) definitionSource(ctx context.Context, who workflow.Actor, in *definitionRef) (*sourceAnswer, error) {
	def, err := a.stored(ctx, who, in.Name, in.Version)
	if err != nil {
		return nil, err
	}
	answer := &sourceAnswer{ContentType: "application/yaml; charset=utf-8", Body: def.Source}
	if json.Valid(def.Source) {
		answer.ContentType = "application/json"
	}
	return answer, nil
}

func definitionOf(def *workflow.Definition, row engine.DefinitionRow) Definition {
	d := Definition{
		Name: def.Name, Version: def.Version, Title: def.Title, Description: def.Description, Labels: orEmpty(def.Labels),
		Steps: []string{}, StepDetails: []StepDetail{}, Edges: []Edge{},
		InitialStep: def.InitialStep, TerminalSteps: orEmpty(def.TerminalSteps),
		IsActive: row.IsActive, InputSchema: Object(def.InputSchema), CreatedAt: row.CreatedAt, CreatedBy: row.CreatedBy,
	}
	for _, s := range def.Steps {
		d.Steps = append(d.Steps, s.Name)
		d.StepDetails = append(d.StepDetails, stepDetail(def, s))
	}
	for _, e := range def.Edges {
		d.Edges = append(d.Edges, Edge{
			Source: e.Source, Target: e.Target, Condition: orNull(e.Text), Default: e.Default, OnSkip: e.OnSkip, Loop: e.Loop,
		})
	}
	return d
}

func stepDetail(def *workflow.Definition, s *workflow.Step) StepDetail {
	d := StepDetail{
		Name: s.Name, Type: string(s.Type), Title: s.Label, Join: string(s.Join),
		IsInitial: s.Name == def.InitialStep, IsTerminal: s.Terminal, Terminate: s.Terminate,
	}
	switch {
	case s.Machine != nil:
		d.Action = s.Machine.Action
	case s.Gateway != nil:
		d.Mode = string(s.Gateway.Mode)
	case s.Human != nil:
		d.Outcomes, d.FormSchema = outcomesOf(s.Human), Object(s.Human.FormSchema)
	}
	return d
}

func outcomesOf(h *workflow.Human) []Outcome {
	outcomes := []Outcome{}
	for _, o := range h.Outcomes {
		shape := Outcome{Name: o.Name, Title: o.Title, Validate: "full"}
		switch {
		case o.SkipSchema:
			shape.Validate = "none"
		case o.Form != nil:
			shape.Validate = "own"
		}
		outcomes = append(outcomes, shape)
	}
	return outcomes
}
