// Package api serves the JSON API: one huma operation for each route, over the
// same engine calls and queries as the pages.
//
// It may import the engine, mermaid, auth, guard, respond and session. It must
// not know the pages or SQL.
package api
