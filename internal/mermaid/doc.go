// Package mermaid draws a workflow: it turns a plain list of nodes and edges
// into Mermaid flowchart text and into Graphviz DOT.
//
// It owns the safe spelling of both languages: names that clash with keywords,
// labels with quotes, markup or line breaks. It imports nothing of Tandem and
// must not know what a definition or an instance is; the caller fills in a
// Diagram. Its output is a public contract, held by the files in testdata.
package mermaid
