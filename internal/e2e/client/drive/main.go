// Command drive goes through a whole workflow with a client that was generated
// from the OpenAPI document, by nobody of Tandem. It needs TANDEM_SERVER,
// TANDEM_TOKEN (of an author) and TANDEM_DECIDER (a token of who decides), and
// prints what it saw, one line for each step.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"tandem/internal/e2e/client/generated"
)

const document = `
format: 1
name: driven
version: 1.0.0
input_schema: {type: object, properties: {amount: {type: number, minimum: 1}}, required: [amount]}
steps:
  - {name: ask, type: human, title: "Pay {{ data.amount }}?", candidate_groups: [finance], outcomes: [approve, reject]}
  - {name: pay, type: machine, action: noop}
edges: [{source: ask, target: pay, condition: 'steps.ask.outcome == "approve"'}]
`

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "drive:", err)
		os.Exit(1)
	}
}

// as gives a client that sends a token.
func as(token string) (*client.ClientWithResponses, error) {
	return client.NewClientWithResponses(os.Getenv("TANDEM_SERVER"), client.WithRequestEditorFn(
		func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+token)
			return nil
		}))
}

func run(ctx context.Context) error {
	author, err := as(os.Getenv("TANDEM_TOKEN"))
	if err != nil {
		return err
	}
	decider, err := as(os.Getenv("TANDEM_DECIDER"))
	if err != nil {
		return err
	}
	id, err := begin(ctx, author)
	if err != nil {
		return err
	}
	if err := decide(ctx, decider, id); err != nil {
		return err
	}
	return look(ctx, author, id)
}

// begin stores the workflow, is refused once, and starts one of a batch and one
// by itself, whose id it gives.
func begin(ctx context.Context, c *client.ClientWithResponses) (string, error) {
	saved, err := c.CreateDefinitionWithBodyWithResponse(ctx, nil, "application/yaml", strings.NewReader(document))
	if err != nil || saved.JSON201 == nil {
		return "", refused("store", err, saved.Body)
	}
	fmt.Println("stored", saved.JSON201.Name, saved.JSON201.Version)
	wrong, err := c.StartInstanceWithResponse(ctx, nil, client.StartRequest{DefinitionName: "driven", InputData: &map[string]any{"amount": 0}})
	if err != nil || wrong.ApplicationproblemJSON422 == nil {
		return "", refused("start with a wrong amount", err, wrong.Body)
	}
	fmt.Println("refused", (*wrong.ApplicationproblemJSON422.Errors)[0].Pointer)
	good := client.StartRequest{DefinitionName: "driven", InputData: &map[string]any{"amount": 5}}
	batch, err := c.StartBatchWithResponse(ctx, nil, client.BatchInputBody{Items: []client.StartRequest{good, good}})
	if err != nil || batch.JSON200 == nil {
		return "", refused("batch", err, batch.Body)
	}
	first, err := batch.JSON200.Items[0].AsInstance()
	if err != nil {
		return "", err
	}
	fmt.Println("batch", len(batch.JSON200.Items), first.DefinitionName)
	wait, key := "wait=10", "drive-1"
	one, err := c.StartInstanceWithResponse(ctx, &client.StartInstanceParams{Prefer: &wait, IdempotencyKey: &key}, good)
	if err != nil || one.JSON201 == nil {
		return "", refused("start", err, one.Body)
	}
	fmt.Println("started", one.JSON201.Status, *one.JSON201.CurrentStep)
	return one.JSON201.Id.String(), nil
}

// decide finds the task of an instance, claims it and approves.
func decide(ctx context.Context, c *client.ClientWithResponses, instance string) error {
	claimable := true
	tasks, err := c.ListTasksWithResponse(ctx, &client.ListTasksParams{InstanceId: &instance, Claimable: &claimable})
	if err != nil || tasks.JSON200 == nil || len(tasks.JSON200.Items) != 1 {
		return refused("list tasks", err, tasks.Body)
	}
	id := tasks.JSON200.Items[0].Id.String()
	claimed, err := c.ClaimTaskWithResponse(ctx, id, nil, client.ClaimTaskJSONRequestBody{})
	if err != nil || claimed.JSON200 == nil {
		return refused("claim", err, claimed.Body)
	}
	fmt.Println("claimed", claimed.JSON200.Title, "by", *claimed.JSON200.Assignee)
	outcome, wait, tag := "approve", "wait=10", claimed.HTTPResponse.Header.Get("ETag")
	done, err := c.CompleteTaskWithResponse(ctx, id, &client.CompleteTaskParams{Prefer: &wait, IfMatch: &tag}, client.CompleteInputBody{Outcome: &outcome})
	if err != nil || done.JSON200 == nil {
		return refused("complete", err, done.Body)
	}
	fmt.Println("decided", done.JSON200.Status)
	return nil
}

// look reads the instance and its history.
func look(ctx context.Context, c *client.ClientWithResponses, id string) error {
	detail, err := c.GetInstanceWithResponse(ctx, id)
	if err != nil || detail.JSON200 == nil {
		return refused("show", err, detail.Body)
	}
	fmt.Println("steps", len(detail.JSON200.StepHistory))
	history, err := c.ListHistoryWithResponse(ctx, id, nil)
	if err != nil || history.JSON200 == nil {
		return refused("history", err, history.Body)
	}
	events := history.JSON200.Items
	fmt.Println("history", events[0].Type, "to", events[len(events)-1].Type)
	return nil
}

// refused is the error of a call that went otherwise than it should.
func refused(what string, err error, body []byte) error {
	return errors.Join(fmt.Errorf("%s: %.500s", what, body), err)
}
