// Package embedpg runs the Postgres that Tandem brings along: a private server
// as a child process, reachable through a Unix socket alone.
//
// It owns the data directory, the life of the child, and the sentences that say
// why Postgres cannot run and what to do. It may import the standard library
// and pgx; it must not know schema, engine or pages. It needs Linux or macOS.
//
// # The data directory
//
//	postgres/          the cluster (PGDATA), mode 0700
//	postgres.log       what Postgres says; .old is what it said before
//	postgres.lock      held while a Server runs: one per directory
//	postgres.dir       in its place where the account of Postgres cannot enter:
//	                   the path of the directory that holds the data instead
//	run/               the socket, mode 0700; a long path has it elsewhere,
//	                   postgres/postmaster.pid says where
//	postgres.init-*    left by a first start that was killed; never used
//
// Nothing in it is ever deleted. A cluster is made aside and renamed when it is
// whole, so that postgres/ is either absent or complete.
//
// # The life of the child
//
//	Start -> lock -> find binaries -> initdb? -> settle an orphan -> spawn -> ready
//	Stop  -> SIGINT (fast shutdown) -> SIGQUIT when the context ends
//
// Beside Postgres runs a shell that waits on a pipe from this program. When the
// program dies, however it dies, the pipe closes and the shell stops Postgres.
// What a lost shell leaves behind is stopped by the next Start, once it is sure
// that the process is the Postgres of this directory.
//
// Root does not run Postgres: the child then runs as the owner of the data, or
// as the user postgres or nobody.
package embedpg
