package tandem

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tandem/internal/embedpg"
)

// Postgres is a private Postgres: a child process on a Unix socket that ends
// with this program. When it breaks off it is started again.
type Postgres struct {
	url  string
	dir  string
	log  *slog.Logger
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu     sync.Mutex
	server *embedpg.Server
}

// restartPause is the wait before a private Postgres that broke off is started
// again.
const restartPause = time.Second

// StartPostgres starts the private Postgres of a data directory, an absolute
// path that is made when it is not there. Its errors say what to do.
func StartPostgres(ctx context.Context, dir string, log *slog.Logger) (*Postgres, error) {
	server, err := embedpg.Start(ctx, embedpg.Config{Dir: dir, Log: log})
	if err != nil {
		return nil, err
	}
	watch, stop := context.WithCancel(context.Background())
	p := &Postgres{url: server.URL(), dir: server.Dir(), log: log, server: server, stop: stop}
	p.wg.Go(func() { p.keep(watch, dir) })
	return p, nil
}

// keep starts the Postgres again whenever it breaks off.
func (p *Postgres) keep(ctx context.Context, dir string) {
	for {
		p.mu.Lock()
		server := p.server
		p.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-server.Done():
		}
		if ctx.Err() != nil {
			return
		}
		p.log.Error("the private Postgres broke off; it is started again", "error", server.Err())
		p.restart(ctx, dir)
	}
}

func (p *Postgres) restart(ctx context.Context, dir string) {
	for ctx.Err() == nil {
		server, err := embedpg.Start(ctx, embedpg.Config{Dir: dir, Log: p.log})
		if err == nil {
			p.mu.Lock()
			p.server = server
			p.mu.Unlock()
			return
		}
		p.log.Error("the private Postgres did not start; this is repeated", "error", err)
		select {
		case <-time.After(restartPause):
		case <-ctx.Done():
		}
	}
}

// URL is the database's address, for Config.DatabaseURL.
func (p *Postgres) URL() string { return p.url }

// Dir is where the data lie: the directory asked for, or one of the system's
// where the account of Postgres cannot enter that.
func (p *Postgres) Dir() string { return p.dir }

// Stop ends the Postgres and waits for it.
func (p *Postgres) Stop(ctx context.Context) error {
	p.stop()
	p.wg.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.server.Stop(ctx)
}

// What keeps a private Postgres from being started or found.
var (
	ErrInUse      = embedpg.ErrInUse      // another program holds the data directory
	ErrNotRunning = embedpg.ErrNotRunning // no server runs on the data directory
)

// AttachPostgres gives the address of the private Postgres of a server that is
// running on the data directory. Without one, or while it starts or stops, the
// error is ErrNotRunning.
func AttachPostgres(ctx context.Context, dir string) (string, error) {
	url, err := embedpg.Attach(dir)
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, url)
	switch {
	case err == nil:
		return url, conn.Close(ctx)
	case refused(err):
		return "", fmt.Errorf("the Postgres of the server that runs on %s refuses: %w", dir, err)
	}
	return "", fmt.Errorf("the Postgres of the server that runs on %s does not answer: %w", dir, errors.Join(ErrNotRunning, err))
}

// refused tells the answer of a Postgres that works from that of one that
// starts, stops, or has its database still to be made.
func refused(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && !strings.HasPrefix(answer.Code, "57P") && answer.Code != "3D000"
}

// DefaultDataDir is where a private Postgres keeps its data unless it is told
// otherwise.
func DefaultDataDir() (string, error) { return embedpg.DefaultDir() }
