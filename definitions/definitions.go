// Package definitions holds the demo workflows.
package definitions

import "embed"

// FS holds the documents, one file each.
//
//go:embed *.yaml
var FS embed.FS
