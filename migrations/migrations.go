// Package migrations holds the numbered changes of the database schema, as SQL
// that explains itself. internal/db runs them.
package migrations

import "embed"

// FS holds the migrations under their file names, such as 00001_engine.sql.
//
//go:embed *.sql
var FS embed.FS
