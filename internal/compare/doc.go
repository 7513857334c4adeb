// Package compare says what changed from one workflow document to another: in
// the lines of their texts, and in the keys of their steps.
//
// It may import internal/workflow. It must not know how pages show it.
package compare
