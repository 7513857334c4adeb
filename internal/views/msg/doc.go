// Package msg is the catalogue of the sentences that pages show, in English and
// German.
//
// Each part of the pages has a table of its own here, in a file of the part's
// name: one row a sentence, both languages side by side. Keys read
// "part.what"; a sentence that counts has two rows, "….one" and "….other", and
// is said by N. The package imports the standard library alone and must not
// know pages.
package msg
