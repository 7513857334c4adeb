package embedpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Database is the name of the database that Start makes; its owner is the
// superuser of the same name.
const Database = "tandem"

// MinMajor is the oldest major version of Postgres that serves.
const MinMajor = 15

// The waits of a server's life.
const (
	prepareTimeout = 5 * time.Minute       // until Postgres is spawned, initdb included
	startTimeout   = 2 * time.Minute       // then until it is ready, recovery included
	quitTimeout    = 5 * time.Second       // for SIGQUIT to end it
	pollInterval   = 10 * time.Millisecond // between two looks at the child
	rotateEvery    = time.Minute           // between two looks at the log's size
)

// Config says where and how a server runs.
type Config struct {
	// Dir is the data directory, an absolute path. It is made with mode 0700
	// when absent. Where the account of Postgres cannot enter, a directory of
	// the system takes its place: see Server.Dir.
	Dir string
	// Log receives what a start and a stop have to say; nil discards it.
	Log *slog.Logger
	// Settings are settings of Postgres that go before all others, such as
	// {"fsync": "off"} for tests.
	Settings map[string]string
	// Bin is the directory of the binaries. Empty means $TANDEM_POSTGRES_BIN,
	// or else the usual places.
	Bin string
	// StartTimeout bounds the wait until Postgres is ready, recovery after a
	// crash included. 0 = two minutes.
	StartTimeout time.Duration

	systemDir string // where the data go that cannot lie in Dir
}

// Server is a running Postgres. It is safe for concurrent use.
type Server struct {
	log   *slog.Logger
	dir   string
	data  string // the cluster
	sock  string // the directory of the socket
	cmd   *exec.Cmd
	lock  *os.File
	out   *logFile
	guard *os.File // the pipe that the watching shell reads

	done     chan struct{}
	mu       sync.Mutex
	stopping bool
	err      error // why it ended; set before done closes
}

// Start runs the Postgres of a data directory until Stop, or until this program
// dies, and returns when it accepts connections and the database is there. On
// the first start it makes the cluster. The context bounds the start alone.
// Every error is a sentence that says what to do.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	acct, err := accountFor(cfg.Dir)
	if err != nil {
		return nil, err
	}
	dir, acct, err := locate(ctx, cfg, acct)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(dir, acct)
	if err != nil {
		return nil, err
	}
	s := &Server{log: cfg.Log, dir: dir, data: clusterDir(dir), lock: lock, done: make(chan struct{})}
	if err := s.start(ctx, cfg, acct); err != nil {
		return nil, err
	}
	return s, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.StartTimeout <= 0 {
		cfg.StartTimeout = startTimeout
	}
	if cfg.systemDir == "" {
		cfg.systemDir = systemState()
	}
	if cfg.Bin == "" {
		cfg.Bin = os.Getenv("TANDEM_POSTGRES_BIN")
	}
	return cfg
}

// start brings the server of a locked directory up, and gives the lock back
// when that does not succeed.
func (s *Server) start(ctx context.Context, cfg Config, acct account) error {
	bin, err := s.prepare(ctx, cfg, acct)
	if err == nil {
		err = s.spawn(cfg, acct, bin)
	}
	if err != nil {
		return errors.Join(err, s.release())
	}
	go s.watch()
	if err := s.awaitReady(ctx, cfg.StartTimeout); err != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), quitTimeout)
		defer cancel()
		return errors.Join(err, s.Stop(stop))
	}
	return nil
}

// prepare makes everything that Postgres needs before it runs: its log, a whole
// cluster of a version that some binaries fit, no process of an earlier run.
func (s *Server) prepare(ctx context.Context, cfg Config, acct account) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	out, err := openLog(filepath.Join(s.dir, logName), acct)
	if err != nil {
		return "", explainPath("open the log", s.dir, acct, err)
	}
	s.out = out
	major, err := clusterMajor(s.data)
	if err != nil {
		return "", err
	}
	bin, err := findBinaries(ctx, cfg.Bin, major, s.data, acct)
	if err != nil {
		return "", err
	}
	if major == 0 {
		if err := s.initCluster(ctx, cfg, acct, bin); err != nil {
			return "", err
		}
	}
	if s.sock, err = socketDir(s.dir, acct); err != nil {
		return "", err
	}
	return bin, s.settle(ctx)
}

// Dir is the directory that holds the data: the one of the Config, or the
// directory of the system that took its place.
func (s *Server) Dir() string { return s.dir }

// URL is the address of the database, for pgx and libpq alike.
func (s *Server) URL() string { return socketURL(s.sock, port, Database) }

// Done is closed when Postgres has ended, whoever ended it.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err says why Postgres ended: nil while it runs and after Stop, else a
// sentence with the last lines of its log.
func (s *Server) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Stop ends Postgres: its clients are disconnected, what they committed is
// kept. It waits until the process is gone; when the context ends first it
// stops it harder, which costs the next start a recovery and loses nothing.
// Stopping a stopped server does nothing.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	s.signal(syscall.SIGINT)
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	}
	s.signal(syscall.SIGQUIT)
	hard := time.NewTimer(quitTimeout)
	defer hard.Stop()
	select {
	case <-s.done:
		return nil
	case <-hard.C:
		return fmt.Errorf("the embedded Postgres (process %d) did not stop within %s: look at what it waits for, such as a disk that does not answer: %w",
			s.cmd.Process.Pid, quitTimeout, ctx.Err())
	}
}

// signal sends to the child unless it has been waited for. That the process may
// have ended meanwhile is no error: done tells.
func (s *Server) signal(sig syscall.Signal) {
	select {
	case <-s.done:
	default:
		_ = s.cmd.Process.Signal(sig)
	}
}

// release gives back what a server holds besides its child.
func (s *Server) release() error {
	var errs []error
	if s.guard != nil {
		// The line tells the watching shell that nothing is left to stop.
		_, _ = s.guard.WriteString("ended\n")
		errs = append(errs, s.guard.Close())
	}
	if s.out != nil {
		errs = append(errs, s.out.close())
	}
	return errors.Join(append(errs, s.lock.Close())...)
}
