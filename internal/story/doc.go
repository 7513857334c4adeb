// Package story draws random workflow documents: valid ones over all step types
// and keys, with loops that end, failures that are scripted and waits that are
// short. A seed gives the same story for ever.
//
// It owns what a random document looks like. It may import the standard library
// alone: it knows the language as its users do, not the code that reads it.
package story
