// Package archtest holds the house in shape: its test reads the imports of
// every package and fails on an arrow that is not in its table, and on a
// package that is not there.
//
// It owns the table of arrows. It imports nothing of the module, so that
// nothing needs to compile for it to speak.
package archtest
