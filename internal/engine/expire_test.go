package engine_test

import (
	"errors"
	"testing"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// TestExpire deletes what ended longer ago than its retention, and leaves what
// has none and what has failed.
func TestExpire(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, open func() store) {
		h := run(t, open(), func(c *engine.Config) {
			c.Now = func() time.Time { return time.Now().Add(-48 * time.Hour) }
			c.Expiry = 50 * time.Millisecond
		})
		h.save("brief", `
retention: 1
steps: [{name: a, type: machine, action: noop}]`)
		h.save("broken", `
retention: 1
steps: [{name: a, type: machine, action: fail, with: {message: broke}}]`)
		h.save("lasting", `
steps: [{name: a, type: machine, action: noop}]`)
		broken, lasting := h.start("broken", `{}`), h.start("lasting", `{}`)
		h.until(broken.ID, workflow.StatusFailed)
		h.until(lasting.ID, workflow.StatusCompleted)
		brief := h.start("brief", `{}`)
		eventually(t, "the instance is deleted", func() bool {
			_, err := h.store.Instance(t.Context(), ada, brief.ID)
			return errors.Is(err, workflow.ErrInstanceNotFound)
		})
		h.until(broken.ID, workflow.StatusFailed)
		h.until(lasting.ID, workflow.StatusCompleted)
	})
}
