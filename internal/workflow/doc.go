// Package workflow is Tandem's domain: what a workflow definition means and
// how an instance of it moves.
//
// It owns the document (Parse, Definition, Graph), the state of one instance
// (Instance, Execution, Task, Due, Hook), and Decide, the one function that
// turns a command into a Transition. Everything in it is pure: time, ids and
// randomness come in as arguments, nothing is stored, nothing is sent.
//
// It may import internal/workflow/expr and internal/form. It must not know the
// engine, a store, HTTP, or a view.
package workflow
