// Package dbtest gives every test a database of its own.
//
// It owns the test server: the one that TANDEM_TEST_DATABASE_URL names, or a
// private Postgres in a temporary directory, one for each test binary, started
// by the first test that asks. It may import embedpg, the migrations' files and
// pgx; it does not know package db, so that db's own tests can use it: how to
// migrate is an argument.
//
// The schema is made once in a template database, and each test's database is a
// copy of it, which takes some 30 ms. Tests may run in parallel.
//
// Nothing stays behind: a test's database is dropped when the test ends, and the
// private server and its files go when the test binary ends, even by kill -9.
// On a server of one's own the template stays, for the next run. Its name
// carries a hash of the migrations, so that changed ones get another.
//
// The private server needs two goroutines for as long as the test binary runs:
// a search for leaked ones takes goleak.IgnoreCurrent after the first call here.
package dbtest
