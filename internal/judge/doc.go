// Package judge audits what instances did. It reads definition documents, event
// logs and what the outside world has seen (answers to decisions, side effects)
// and says where the log breaks the meaning of the documents.
//
// It owns its own reading of a document: scopes, loop edges, joins, conditions.
// It shares no code with the engine that wrote the logs, so that a mistake is
// not excused by itself: it may import the standard library and a YAML decoder,
// nothing else of this module.
//
// Every check counts how often it had something to judge. A check that was
// never applied has proved nothing: see Report.Judged.
package judge
