// Package bench measures the engine beside pgbench on the same Postgres in the
// same run, so that figures are ratios and not properties of a machine.
//
// It may import the engine. It must not know pages or the command line.
package bench
