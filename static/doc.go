// Package static holds what the pages load from the server: the style sheet,
// scripts, icons, and the JSON Schema of definition documents. It names each file by its content, so that browsers may keep
// it for ever, and serves it compressed.
//
// The files of vendor/ are made by scripts/build-assets.sh and are not
// committed; Check tells a program that was built without them. The package
// imports the standard library alone and must not know pages or routes.
package static
