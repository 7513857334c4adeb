package memory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Apply implements engine.Store.
func (s *Store) Apply(ctx context.Context, batch []*workflow.Transition) (map[uuid.UUID]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("apply: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stale := map[uuid.UUID]bool{}
	c, claimed := checker{store: s, ids: map[uuid.UUID]bool{}}, claims{}
	var fresh []*workflow.Transition
	for _, t := range batch {
		if s.version(t.InstanceID) != t.From || !claimed.take(s, t) {
			stale[t.InstanceID] = true
			continue
		}
		if err := c.check(t); err != nil {
			return nil, fmt.Errorf("apply to instance %s: %w", t.InstanceID, err)
		}
		fresh = append(fresh, t)
	}
	for _, t := range fresh {
		s.write(t)
		s.addRecords(t.Records...)
	}
	return stale, nil
}

// version is that of a stored instance, 0 when there is none.
func (s *Store) version(instance uuid.UUID) int64 {
	if r, ok := s.instances[instance]; ok {
		return r.instance.Version
	}
	return 0
}

// checker finds everything that a database would refuse before anything is
// written.
type checker struct {
	store *Store
	ids   map[uuid.UUID]bool // that the batch has used
}

func (c checker) check(t *workflow.Transition) error {
	r, ok := c.store.instances[t.InstanceID]
	if !ok {
		r = newRecord()
	}
	if t.Instance.ID != t.InstanceID || t.Instance.Version <= t.From {
		return fmt.Errorf("row is of instance %s, version %d after %d", t.Instance.ID, t.Instance.Version, t.From)
	}
	if err := c.use("instance", t.InstanceID); err != nil {
		return err
	}
	for _, row := range t.Executions {
		_, known := r.executions[row.Value.ID]
		if err := c.row("execution", row.Value.ID, known, row.Created); err != nil {
			return err
		}
	}
	for _, row := range t.Tasks {
		owner, known := c.store.tasks[row.Value.ID]
		if err := c.row("task", row.Value.ID, known && (row.Created || owner == t.InstanceID), row.Created); err != nil {
			return err
		}
	}
	for _, due := range t.Dues {
		_, known := c.store.dues[due.ID]
		if err := c.row("due row", due.ID, known, true); err != nil {
			return err
		}
	}
	for _, send := range t.Sends {
		_, known := c.store.sends[send.ID]
		if err := c.row("send", send.ID, known, true); err != nil {
			return err
		}
	}
	return checkHooks(r, t.Hooks)
}

func (c checker) use(what string, id uuid.UUID) error {
	if c.ids[id] {
		return fmt.Errorf("%s %s is there twice in one batch", what, id)
	}
	c.ids[id] = true
	return nil
}

func (c checker) row(what string, id uuid.UUID, known, created bool) error {
	if known == created {
		return mismatch(what, id, created)
	}
	return c.use(what, id)
}

func mismatch(what string, key any, created bool) error {
	if created {
		return fmt.Errorf("%s %v exists", what, key)
	}
	return fmt.Errorf("%s %v does not exist", what, key)
}

func checkHooks(r *record, rows []workflow.Row[workflow.Hook]) error {
	known := map[hookKey]bool{}
	for key := range r.hooks {
		known[key] = true
	}
	for _, row := range rows {
		key := keyOf(row.Value)
		if known[key] == row.Created {
			return mismatch("hook", key, row.Created)
		}
		known[key] = true
	}
	return nil
}

// write stores a transition that check has let pass.
func (s *Store) write(t *workflow.Transition) {
	r, ok := s.instances[t.InstanceID]
	if !ok {
		r = newRecord()
		s.instances[t.InstanceID] = r
	}
	data := r.instance.Data
	r.instance = cloneInstance(t.Instance)
	if t.Moved != nil {
		r.rename(t.Moved)
	}
	if ok && !t.DataChanged {
		r.instance.Data = data
	}
	for _, row := range t.Executions {
		r.executions[row.Value.ID] = cloneExecution(row.Value)
	}
	for _, row := range t.Tasks {
		r.tasks[row.Value.ID] = cloneTask(row.Value)
		s.tasks[row.Value.ID] = t.InstanceID
		if row.Value.Status != workflow.TaskPending {
			s.dropDrafts(row.Value.ID)
		}
	}
	for _, row := range t.Hooks {
		r.hooks[keyOf(row.Value)] = cloneHook(row.Value)
	}
	if t.SearchChanged {
		r.search = slices.Clone(t.Search)
	}
	s.writeStart(t)
	s.writeWaits(t)
	s.writeDues(r, t)
	for _, send := range t.Sends {
		s.sends[send.ID] = claimable{Due: cloneDue(send.Due()), hidden: send.At.Add(engine.SendHold)}
	}
	s.addOffers(t.Offers)
	r.comments = append(r.comments, t.Comments...)
	for _, e := range t.Events {
		s.seq++
		e = cloneEvent(e)
		e.Seq, e.InstanceID = s.seq, t.InstanceID
		r.events = append(r.events, e)
	}
}

// writeDues deletes, thaws, freezes and inserts, in this order.
func (s *Store) writeDues(r *record, t *workflow.Transition) {
	for _, id := range t.DuesDone {
		s.dropDue(r, id)
		delete(s.sends, id)
	}
	for id, due := range r.dues {
		if t.DeleteAllDues {
			s.dropDue(r, id)
			continue
		}
		r.dues[id] = due.after(t)
	}
	for _, due := range t.Dues {
		r.dues[due.ID] = claimable{Due: due}
		s.dues[due.ID] = t.InstanceID
	}
}

func (s *Store) dropDue(r *record, id uuid.UUID) {
	if _, ok := r.dues[id]; ok {
		delete(r.dues, id)
		delete(s.dues, id)
	}
}

// after gives the row once the transition has thawed or frozen it. Thawing ends
// a claim: what came due meanwhile fires at once.
func (c claimable) after(t *workflow.Transition) claimable {
	if t.ThawDues {
		c.Frozen, c.hidden = false, time.Time{}
		if c.Kind.Moves() {
			c.At = c.At.Add(t.ThawShift)
		}
	}
	c.Frozen = c.Frozen || t.FreezeDues
	return c
}
