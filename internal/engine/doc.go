// Package engine runs workflows. It owns the way every change goes: command →
// snapshot → workflow.Decide → Store.Apply → effects, and it is the only
// writer of workflow state.
//
// An instance:
//
//	           ┌────────────── resume ───────────────┐
//	           ▼                                     │
//	start → running ⇄ waiting ──── pause ──────→ paused
//	           │  ▲      │                           │
//	           │  └ retry ┐                          │
//	           ├──────→ failed ──── cancel ──┐       │
//	           ▼                             ▼       │
//	       completed                     canceled ←──┘
//
// An execution of a step:
//
//	pending (at a join) → scheduled → running → succeeded | failed
//	                    ↘ waiting (people, webhooks, timers) ↗
//	any that lives → canceled;  a false guard → skipped
//
// A task: pending → completed | canceled.
//
// Commands of one instance queue up and are decided one after another; ready
// transitions of different instances are committed together: whatever has
// queued while the last commit ran, without waiting when idle. The process
// that commits a transition leases the machine steps it made ready, in the
// same commit, and runs them at once in a bounded pool; what the pool cannot take,
// or is of a queue that others serve, it offers to them by a job.
//
// It may import internal/workflow, internal/action and internal/metrics. It must not know SQL,
// HTTP or a view.
package engine
