// Package secret keeps the values that steps need and nobody should read:
// encrypted in the store, given to a step only when it runs, and only to the
// definitions and hosts that the secret names.
//
// A value is sealed with AES-256-GCM under a master key that the database never
// sees. What is authenticated with it is the tenant, the name and the rules, so
// that a row that is copied or widened in the database cannot be opened.
//
// It may import internal/workflow for actors and errors, and internal/action for
// what a step is given. It must not know the engine, a store or HTTP.
package secret
