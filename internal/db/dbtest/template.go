package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"tandem/migrations"
)

// template is a database that tests get copies of.
type template struct {
	once sync.Once
	err  error
}

// template returns the name of the database that a migration makes, and makes
// it unless this process or an earlier one has.
func (s *testServer) template(ctx context.Context, migrate Migrate) (string, error) {
	if migrate == nil {
		return "template0", nil
	}
	name, err := templateName(migrate)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	tpl, ok := s.templates[name]
	if !ok {
		tpl = &template{}
		s.templates[name] = tpl
	}
	s.mu.Unlock()
	tpl.once.Do(func() {
		// What one test begins the others need, even if that one is canceled.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), makeTimeout)
		defer cancel()
		tpl.err = s.makeTemplate(ctx, name, migrate)
	})
	return name, tpl.err
}

// templateName names the template of a migration by what goes into it: the
// function, the SQL files, and the modules that bring migrations of their own.
func templateName(migrate Migrate) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.FuncForPC(reflect.ValueOf(migrate).Pointer()).Name())
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if strings.HasPrefix(dep.Path, "github.com/riverqueue/") {
				fmt.Fprintln(sum, dep.Path, dep.Version)
			}
		}
	}
	err := fs.WalkDir(migrations.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations.FS, path)
		fmt.Fprintln(sum, path, len(text))
		sum.Write(text)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read the migrations: %w", err)
	}
	return "tandem_template_" + hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// makeTemplate makes the template under another name and renames it when it is
// whole. Processes that share the server wait for each other.
func (s *testServer) makeTemplate(ctx context.Context, name string, migrate Migrate) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return fmt.Errorf("connect to the test server: %w", err)
	}
	defer conn.Close(ctx) // gives the lock back
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, name); err != nil {
		return fmt.Errorf("lock the template database: %w", err)
	}
	var exists bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists)
	if err != nil || exists {
		return err
	}
	half := name + "_half"
	if err := execAll(ctx, conn,
		`DROP DATABASE IF EXISTS `+half+` WITH (FORCE)`,
		`CREATE DATABASE `+half+` TEMPLATE template0`); err != nil {
		return err
	}
	if err := migrate(ctx, withDatabase(s.url, half)); err != nil {
		drop := execAll(ctx, conn, `DROP DATABASE `+half+` WITH (FORCE)`)
		return errors.Join(fmt.Errorf("migrate the template database: %w", err), drop)
	}
	return execAll(ctx, conn,
		`ALTER DATABASE `+half+` ALLOW_CONNECTIONS false`,
		`ALTER DATABASE `+half+` RENAME TO `+name)
}

func execAll(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("make the template database: %s: %w", sql, err)
		}
	}
	return nil
}
