// Package api serves the JSON API and its OpenAPI document.
//
// It owns the wire shapes, the operations, who may call them and how refusals
// read. An operation decodes, calls the engine or a query, and gives a shape;
// nothing else. Each has one rule (guard and token scope) in the table that
// Routes returns.
//
// It may import engine, workflow, mermaid, auth and what pages and API share:
// respond, guard, session. It must not know SQL, pages or views.
//
// Fields, filters and statuses are a public contract, held by
// testdata/openapi.json: it changes on purpose or not at all.
package api
