// Package db keeps Tandem's state in Postgres 15 or later: it implements
// engine.Store and engine.Reader, keeps people and sessions, and runs the
// migrations.
//
// It owns every SQL statement, each beside its scan, and the schema in
// migrations/. It may import engine (for the interfaces that it implements) and
// workflow. It must not decide anything about an instance: it stores what a
// Transition says, or nothing. It must not know HTTP or a view.
//
// Two pools share one database. The engine's connections plan for a few rows by
// key, always in the same way; those of the pages leave the planner its
// choices. Neither can starve the other.
package db
