// Package trial runs a workflow for its author, to see what it does before
// anybody depends on it. What the engine decides is decided by the same function,
// workflow.Decide, on a snapshot that is held in memory and forgotten. Nothing
// is stored, and nothing outside is called: the package is pure, so it has
// nothing to call with. What comes from outside in real life, the answers of
// other systems, decisions of people, calls and the passing of time, are moves
// that the author makes.
//
// A run is what its start and its moves make of a definition, and the same each
// time: whoever keeps those keeps the run. Pages carry them along, so that no
// server holds anything between two requests.
//
// It may import internal/workflow and internal/form. It must not know the engine,
// a store, or a page.
package trial
