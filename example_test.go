package tandem_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"tandem"
)

// refund is an action of one's own. Only Execute is needed.
type refund struct{ done chan struct{} }

// CanExecute skips the step when there is nothing to pay back.
func (refund) CanExecute(_ context.Context, call tandem.Call) (bool, error) {
	return string(call.Input) != `{"amount":0}`, nil
}

// Execute may be called again for the same step after a crash: the bank knows a
// refund that it has made by the idempotency key, which stays the same.
func (refund) Execute(_ context.Context, call tandem.Call) (json.RawMessage, error) {
	var with struct {
		Amount json.Number `json:"amount"`
	}
	if err := json.Unmarshal(call.Input, &with); err != nil {
		return nil, err
	}
	if with.Amount == "" {
		return nil, &tandem.ActionError{Code: "no_amount", Message: "the step names no amount"}
	}
	fmt.Println("paying back", with.Amount, "in attempt", call.Attempt)
	return json.Marshal(map[string]any{"paid": with.Amount})
}

// OnSuccess is told of the result before it is stored.
func (r refund) OnSuccess(_ context.Context, call tandem.Call, output json.RawMessage) error {
	fmt.Printf("%s of %s gave %s\n", call.Step, call.Definition.Name, output)
	close(r.done)
	return nil
}

// OnFailure is told why an attempt failed; its own error is added to the step's.
func (refund) OnFailure(_ context.Context, _ tandem.Call, err error) error {
	return errors.Join(errors.New("the bank was not told"), err)
}

const refunding = `
format: 1
name: refund
version: 1.0.0
steps:
  - {name: pay_back, type: machine, action: acme.refund, with: {amount: "{{ acme.gross(data.net) }}"}}
`

// Example embeds Tandem with an action and a function of one's own.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	dir, err := os.MkdirTemp("", "tandem-example-")
	check(err)
	defer os.RemoveAll(dir)
	check(os.Chmod(dir, 0o755)) // Postgres runs under an account of its own where we are root
	postgres, err := tandem.StartPostgres(ctx, dir+"/data", slog.New(slog.DiscardHandler))
	check(err)
	defer func() { check(postgres.Stop(context.Background())) }()

	action := refund{done: make(chan struct{})}
	app, err := tandem.New(ctx, tandem.Config{
		DatabaseURL: postgres.URL(),
		Actions:     map[string]tandem.Action{"acme.refund": action},
		Functions:   map[string]tandem.Func{"acme.gross": gross},
		Actor: func(*http.Request) (tandem.Actor, bool) { // who is signed in to the program around it
			return tandem.Actor{ID: "ana", Name: "Ana", Tenant: "default"}, true
		},
	})
	check(err)
	defer app.Close()
	_, err = app.Apply(ctx, []byte(refunding))
	check(err)
	ran := make(chan error, 1)
	go func() { ran <- app.Run(ctx) }()

	request := httptest.NewRequest("POST", "http://127.0.0.1:8080/api/v1/instances",
		strings.NewReader(`{"definition_name": "refund", "input_data": {"net": 100}}`))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Sec-Fetch-Site", "same-origin") // as a browser does on a page of this server
	answer := httptest.NewRecorder()
	app.Handler().ServeHTTP(answer, request)
	fmt.Println(answer.Code)
	select {
	case <-action.done:
	case <-time.After(20 * time.Second):
		fmt.Println(answer.Body)
	}
	stop()
	check(<-ran)

	// Unordered output:
	// 201
	// paying back 119 in attempt 1
	// pay_back of refund gave {"paid":119}
}

// gross adds value-added tax. Functions give the same for the same arguments.
func gross(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, errors.New("one argument is needed: the net amount")
	}
	net, err := args[0].(json.Number).Int64()
	if err != nil {
		return nil, err
	}
	return json.Number(fmt.Sprint(net + net*19/100)), nil
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
