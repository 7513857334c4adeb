package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Limits of what a test may take here.
const (
	makeTimeout = 3 * time.Minute // server, template and copy, on a busy machine
	dropTimeout = 30 * time.Second
)

// Migrate brings the database at a URL to the schema that tests need; nil
// leaves it empty. It must be a named function: its name tells templates apart.
type Migrate func(ctx context.Context, url string) error

// New makes a database for one test and connects to it. Both go when the test
// ends.
func New(t testing.TB, migrate Migrate) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), URL(t, migrate))
	if err != nil {
		t.Fatalf("connect to the test database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Lazy connects to a database for one test that is made when it is first used.
func Lazy(t testing.TB, migrate Migrate) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig("host=/nowhere")
	if err != nil {
		t.Fatal(err)
	}
	made := sync.OnceValues(func() (*pgx.ConnConfig, error) { return pgx.ParseConfig(URL(t, migrate)) })
	config.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		to, err := made()
		if err == nil {
			*c = *to.Copy()
		}
		return err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// URL makes a database for one test and returns its address. It goes when the
// test ends, whoever is still connected.
func URL(t testing.TB, migrate Migrate) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), makeTimeout)
	defer cancel()
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	template, err := s.template(ctx, migrate)
	if err != nil {
		t.Fatal(err)
	}
	name := "tandem_test_" + strings.ToLower(rand.Text())
	if err := s.exec(ctx, fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY`, name, template)); err != nil {
		t.Fatalf("make the test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropTimeout)
		defer cancel()
		if err := s.exec(ctx, fmt.Sprintf(`DROP DATABASE %s WITH (FORCE)`, name)); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return withDatabase(s.url, name)
}

// exec runs one statement in the server's own database.
func (s *testServer) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// withDatabase names another database in an address, a URL or key=value pairs.
func withDatabase(address, name string) string {
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return address + " dbname=" + name
	}
	u, err := url.Parse(address)
	if err != nil {
		return address // who connects says what is wrong with it
	}
	u.Path = "/" + name
	return u.String()
}
