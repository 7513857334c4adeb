// Package seed fills a database with any number of instances for trying out and
// measuring. It lets the engine run one instance of each kind, and copies what the
// engine wrote, with ids, times, people and values of their own: so every copy is
// as the engine would have left it.
//
// It may import the engine and write its tables. It must not know pages or the
// command line.
package seed
