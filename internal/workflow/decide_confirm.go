package workflow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tandem/internal/workflow/expr"
)

// A vote holds for what it was cast on: while others still vote, a change of
// what confirm_on names makes all votes void, and they are asked for again.

// confirmVotes looks at every list of votes that lives. It reports whether it
// changed what is to be done.
func (d *decider) confirmVotes() bool {
	if !d.def.confirms {
		return false
	}
	for _, id := range d.scopeIDs()[1:] {
		holder, _ := d.exec(id)
		step := d.def.Step(holder.Step)
		if step.Human != nil && len(step.Human.ConfirmOn) > 0 && d.confirm(holder, step.Human.ConfirmOn) {
			return true
		}
	}
	return false
}

func (d *decider) confirm(holder Execution, on []*expr.Program) bool {
	values, err := d.confirmValues(holder, on)
	if err != nil {
		d.failLive(holder.ID, evaluationError(fmt.Errorf("confirm_on: %w", err)))
		return true
	}
	known := d.in.State.Scopes[holder.ID].Items.Confirm
	if slices.Equal(known, values) {
		return false
	}
	d.scope(holder.ID).Items.Confirm = values
	if known == nil {
		return false
	}
	var changed []string
	for i, program := range on {
		if values[i] != known[i] {
			changed = append(changed, program.Source())
		}
	}
	return d.askAgain(holder, changed)
}

// confirmValues gives a digest of each expression's value.
func (d *decider) confirmValues(holder Execution, on []*expr.Program) ([]string, error) {
	values := make([]string, len(on))
	for i, program := range on {
		v, err := program.Eval(noDeadline, d.varsOf(holder))
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be compared: %w", program.Source(), err)
		}
		sum := sha256.Sum256(text)
		values[i] = hex.EncodeToString(sum[:8])
	}
	return values, nil
}

// askAgain makes the votes of a list void, and begins anew what was voted and
// what was canceled because the votes were enough. It reports whether there was
// any.
func (d *decider) askAgain(holder Execution, changed []string) bool {
	items := d.in.State.Scopes[holder.ID].Items
	if items.Done == 0 {
		return false
	}
	d.needScope(holder.ID)
	items = d.scope(holder.ID).Items
	votes, stands := 0, map[int]bool{} // the latest execution of an item decides
	for _, e := range d.inside(holder.ID) {
		stands[e.Index] = e.Status != StepCanceled && !e.voted()
		if e.voted() {
			votes++
			d.voidVote(items, e, changed)
		}
	}
	for _, index := range items.Again {
		stands[index] = true // it is to begin already
	}
	for index := range items.Next {
		if votes > 0 && !stands[index] {
			items.Again = append(items.Again, index)
		}
	}
	items.Over = items.Over && votes == 0
	return votes > 0
}

// voted reports whether an item was decided by a person.
func (e Execution) voted() bool {
	return !e.Live && e.Status == StepSucceeded && !strings.HasPrefix(e.CompletedBy, systemPrefix)
}

func (d *decider) voidVote(items *Items, e Execution, changed []string) {
	items.Done--
	if e.Outcome != "" {
		items.Outcomes[e.Outcome]--
	}
	if i := slices.IndexFunc(items.Voters, func(v string) bool { return voter(v) == e.CompletedBy }); i >= 0 {
		items.Voters = slices.Delete(items.Voters, i, i+1)
	}
	e.Status = StepCanceled
	d.put(e)
	d.stepEvent(EventTaskReopened, e, "", map[string]any{
		"completed_by": e.CompletedBy, "outcome": e.Outcome, "changed": changed,
	})
}
