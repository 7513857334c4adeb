package expr_test

import (
	"context"
	"encoding/json"
	"fmt"

	"tandem/internal/workflow/expr"
)

func Example() {
	env, err := expr.NewEnv(expr.Options{Vars: []string{"data", "steps"}, Steps: []string{"manager"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	vars := expr.Map{
		"data":  map[string]any{"amount": json.Number("999.90"), "requester": "Ana"},
		"steps": map[string]any{"manager": map[string]any{"outcome": "approve"}},
	}
	ctx := context.Background()

	condition, _ := env.Compile(`data.amount < 1000 && steps.manager.outcome == "approve"`)
	fmt.Println(condition.EvalBool(ctx, vars))
	fmt.Println(condition.References().Steps, condition.References().Data)

	title, _ := env.CompileText(`Approve {{ data.amount }} EUR for {{ data.requester }}, {{ data.amount * 3 / 2 }} with fees`)
	fmt.Println(title.Render(ctx, vars, nil))

	_, err = env.Compile(`steps.manger.outcome == "approve"`)
	fmt.Println(err)
	late, _ := env.Compile(`data.cost > 5`)
	_, err = late.EvalBool(ctx, vars)
	fmt.Println(err)
	// Output:
	// true <nil>
	// [manager] [amount]
	// Approve 999.90 EUR for Ana, 1499.85 with fees <nil>
	// line 1, column 7: there is no step "manger"; did you mean manager?
	// data.cost > 5: no such key "cost" in data; use data.?cost.orValue(...); there are: amount, requester
}
