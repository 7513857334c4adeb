// Package action holds what machine steps run: the Action interface that the
// engine calls, the registry of actions by name, and those that are built in.
//
// An attempt goes CanExecute (false: the step is skipped) → Execute → OnSuccess
// or OnFailure; all but Execute are optional. Every attempt of one visit carries
// the same idempotency key, because a process may die between an effect and the
// moment its result is stored.
//
// It may import internal/workflow for errors. It must not know the engine, a
// store, or the pages and the API.
package action
