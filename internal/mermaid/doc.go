// Package mermaid draws a workflow: it turns a plain list of nodes and edges
// into Mermaid flowchart text and into Graphviz DOT.
//
// It owns the safe spelling of both languages: names that clash with keywords,
// labels with quotes, markup or line breaks. Of makes a Diagram of a definition;
// nothing else here knows the workflow domain, and nothing knows pages or the
// store. The drawn text is a public contract, held by the files in testdata.
package mermaid
