package judge

import (
	"slices"
	"strings"
)

// lists judges steps with for_each: each index is done once, never more at once
// than allowed, and the results are in the order of the items. A list that is
// tried again repeats those items that had not succeeded.
func (h *history) lists() {
	for _, v := range h.visits {
		if !v.list {
			continue
		}
		h.judged("for_each")
		items := slices.DeleteFunc(h.within(v.id), func(one *visit) bool { return !one.item })
		h.indexes(v, items)
		h.atOnce(v, items)
		h.votes(v, items)
		if v.end == "step.completed" {
			h.listed(v, items)
		}
	}
}

// votes judges `distinct`: nobody decides two items of a list.
func (h *history) votes(v *visit, items []*visit) {
	if v.step.Type != "human" || v.step.Distinct != nil && !*v.step.Distinct || v.step.Distinct == nil && v.step.CompleteWhen == "" {
		return
	}
	voted := map[string]*visit{}
	for i := range h.events {
		e := &h.events[i]
		item := h.byExec[e.Execution]
		if e.Type != "task.completed" || !slices.Contains(items, item) || strings.HasPrefix(e.Detail.CompletedBy, "system:") {
			continue
		}
		h.judged("votes")
		if other := voted[e.Detail.CompletedBy]; other != nil {
			h.find("votes", h.id, item.id, "%s decided items %d and %d of %s", e.Detail.CompletedBy, other.index, item.index, v.step.path)
		}
		voted[e.Detail.CompletedBy] = item
	}
}

// total is the number of items that a list announced, -1 when it did not.
func (h *history) total(v *visit) int {
	if len(v.started) == 0 {
		return -1
	}
	return h.events[v.started[len(v.started)-1]].Detail.Total
}

func (h *history) indexes(v *visit, items []*visit) {
	seen := map[int]*visit{}
	for _, one := range items {
		h.judged("items")
		if before := seen[one.index]; before != nil && (before.end == "step.completed" || before.ended < 0 || before.ended > one.born) {
			h.find("for_each", h.id, one.id, "item %d of %s ran twice in one visit", one.index, v.step.path)
		}
		if one.index < 0 || one.index >= h.total(v) {
			h.find("for_each", h.id, one.id, "item %d of %s is not one of %d", one.index, v.step.path, h.total(v))
		}
		seen[one.index] = one
		if one.step != v.step || one.visit != v.visit {
			h.find("for_each", h.id, one.id, "an item of visit %d of %s says that it is visit %d of %s", v.visit, v.step.path, one.visit, one.step.path)
		}
		if v.ended >= 0 && (one.ended < 0 || h.at(one.ended).After(h.at(v.ended))) {
			h.find("for_each", h.id, one.id, "item %d of %s outlived its list", one.index, v.step.path)
		}
	}
}

// atOnce judges max_parallel.
func (h *history) atOnce(v *visit, items []*visit) {
	if v.step.MaxParallel == 0 {
		return
	}
	for _, one := range items {
		h.judged("max_parallel")
		at, live := one.born, 0
		for _, other := range items {
			if other.born <= at && (other.ended < 0 || other.ended > at) {
				live++
			}
		}
		if one.ended == at {
			continue // skipped or canceled before it began
		}
		if live > v.step.MaxParallel {
			h.find("max_parallel", h.id, one.id, "%d items of %s ran at once, %d may", live, v.step.path, v.step.MaxParallel)
		}
	}
}

// listed judges the result of a list: every item has ended, and each gave what
// stands at its index. A list that ended early may lack the rest.
func (h *history) listed(v *visit, items []*visit) {
	total := h.total(v)
	results, _ := decode(v.output).([]any)
	if len(results) != total {
		h.find("for_each", h.id, v.id, "%s gives %d results for %d items", v.step.path, len(results), total)
		return
	}
	latest := map[int]*visit{}
	for _, one := range items {
		if one.index >= 0 && one.index < total && h.counts(v, one) {
			latest[one.index] = one
		}
	}
	for index, one := range latest {
		switch {
		case one.end == "step.completed" || one.end == "step.canceled":
			h.judged("results in order")
			if got := itemResult(v, results[index]); text(got) != text(decode(one.output)) {
				h.find("for_each", h.id, one.id, "at %d %s gives %s, its item gave %s", index, v.step.path, text(got), one.output)
			}
		case one.end == "step.failed" && !v.step.ContinueError:
			h.find("for_each", h.id, one.id, "%s completed although item %d had failed", v.step.path, index)
		}
	}
	h.enough(v, latest, total)
}

// counts tells whether an item has done something for the last try of its list:
// results of earlier tries stay, failures do not.
func (h *history) counts(v, item *visit) bool {
	switch item.end {
	case "step.canceled":
		return h.heldResult(item)
	case "step.failed":
		return item.born > v.started[len(v.started)-1]
	}
	return true
}

// heldResult tells whether an item was canceled when its result was there
// already, held while nothing moved: then the result counts when the list is
// tried again.
func (h *history) heldResult(item *visit) bool {
	r, stored := h.trial.results[item.id]
	if !stored || r.Status != "succeeded" {
		return false
	}
	item.output = r.Output
	return true
}

// enough judges that a list ended when all its items had, or earlier when
// complete_when said so and not before.
func (h *history) enough(v *visit, latest map[int]*visit, total int) {
	if v.step.CompleteWhen == "" {
		if len(latest) < total {
			h.find("for_each", h.id, v.id, "%s completed with %d of %d items", v.step.path, len(latest), total)
		}
		return
	}
	h.judged("complete_when")
	failed := 0
	for _, one := range latest {
		if one.end == "step.failed" {
			failed++
		}
	}
	over, err := holds(v.step.CompleteWhen, map[string]any{
		"done": float64(len(latest)), "total": float64(total), "failed": float64(failed),
	})
	if err == nil && !over && len(latest) < total {
		h.find("for_each", h.id, v.id, "%s completed with %d of %d items, %q did not hold", v.step.path, len(latest), total, v.step.CompleteWhen)
	}
}

// itemResult takes the part of a list's entry that the item gave: people's
// entries tell more.
func itemResult(v *visit, entry any) any {
	if object, ok := entry.(map[string]any); ok && v.step.Type == "human" {
		return object["output"]
	}
	return entry
}
