// Package storetest is the suite that every engine.Store and engine.Reader
// must pass: what internal/engine/store.go and query.go promise, tried on the
// store itself. It is what lets the engine be tested on one store and trusted
// on the other.
//
// It builds transitions by hand and keeps the rules that hold between their
// fields (a finished instance has an end, a running execution a lease), as a
// database may check them. It may import internal/engine and internal/workflow.
// It must not know any store, nor how instances are decided.
package storetest
