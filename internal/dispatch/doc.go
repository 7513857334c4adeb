// Package dispatch carries jobs between processes over Redis, for those who run
// their workers on it: it implements engine.Dispatcher with asynq.
//
// A job says only "this execution, this lease number". The row in Postgres is
// the truth: a job that comes twice or late does nothing, and a step whose job
// was lost, because Redis was away, killed or flushed, is found by its row after
// half a lease.
//
// It may import internal/engine and internal/workflow. It must not know SQL.
package dispatch
