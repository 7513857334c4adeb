// Package memory keeps workflow state in maps: the store of tests and of
// programs that embed Tandem and need nothing to outlive them.
//
// It owns a second implementation of engine.Store and engine.Reader, held to
// the same meaning as Postgres by internal/engine/storetest. Lists are linear
// scans. Nothing runs in the background, so that it works on a simulated clock.
//
// It may import internal/engine and internal/workflow. It must not know
// Postgres, HTTP or a view.
package memory
