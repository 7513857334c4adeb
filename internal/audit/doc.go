// Package audit seals the lines of the audit into chains, checks the chains, and
// keeps refused attempts until they are stored.
//
// A line is a workflow.Record. Changes bring theirs in their own transaction:
// the stores write them. What was refused changes nothing, so its lines are
// gathered here and stored a moment later.
//
// It may import workflow. It must not know SQL, HTTP or the engine.
package audit
