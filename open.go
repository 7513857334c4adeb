package tandem

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/auth"
	"tandem/internal/db"
	"tandem/internal/dispatch"
	"tandem/internal/engine"
	"tandem/internal/memory"
	"tandem/internal/secret"
	"tandem/internal/tracing"
)

// storage is what engine, pages and API keep and read.
type storage interface {
	engine.Store
	engine.Reader
}

// errNoDatabase says what New is missing.
var errNoDatabase = errors.New("tandem: Config.DatabaseURL is empty, and none of Pool, DataDir and Memory is set: say where to keep things")

// checkStore refuses a Config without a store, with several, or with one that
// cannot do what is asked.
func (c Config) checkStore() error {
	set := 0
	for _, is := range []bool{c.DatabaseURL != "", c.Pool != nil, c.DataDir != "", c.Memory} {
		if is {
			set++
		}
	}
	switch {
	case set == 0:
		return errNoDatabase
	case set > 1:
		return errors.New("tandem: Config has several of DatabaseURL, Pool, DataDir and Memory: choose one")
	case c.Memory && c.Actor == nil:
		return errors.New("tandem: Config.Memory keeps no accounts: set Config.Actor, which says who acts")
	case c.Memory && c.RedisURL != "":
		return errors.New("tandem: Config.Memory is of this process alone: nothing is to be carried over Config.RedisURL")
	case c.Memory && (c.EngineOnly || len(c.IdentityProviders) > 0):
		return errors.New("tandem: Config.Memory is of this process alone and keeps no accounts: it goes with neither EngineOnly nor IdentityProviders")
	}
	return nil
}

// open opens the store.
func (t *Tandem) open(ctx context.Context, process uuid.UUID, keys secret.Ring) error {
	if t.config.Memory {
		t.store = memory.New(memory.Options{Clock: t.config.Now})
		t.secrets = secret.New(&memory.Secrets{}, keys, t.config.Now)
		return nil
	}
	if t.config.DataDir != "" {
		postgres, err := StartPostgres(ctx, t.config.DataDir, t.config.Log)
		if err != nil {
			return err
		}
		t.postgres, t.config.DatabaseURL = postgres, postgres.URL()
	}
	options := db.Options{Process: process, Log: t.config.Log, NoJobs: t.config.RedisURL != ""}
	if t.config.RedisURL != "" {
		redis, err := dispatch.Open(t.config.RedisURL, t.config.Log)
		if err != nil {
			return err
		}
		t.redis = redis
	}
	if t.config.Traces != nil {
		options.Tracer = tracing.Database(t.config.Traces)
	}
	if t.config.Pool != nil {
		options.Like = t.config.Pool.Config()
	}
	if err := migrate(ctx, t.config.DatabaseURL, options.Like); err != nil {
		return err
	}
	store, err := db.Open(ctx, t.config.DatabaseURL, options)
	if err != nil {
		return err
	}
	t.db, t.store = store, store
	t.secrets = secret.New(db.NewSecrets(store.Pool()), keys, t.config.Now)
	return nil
}

func migrate(ctx context.Context, url string, like *pgxpool.Config) error {
	if like != nil {
		return db.MigrateLike(ctx, like)
	}
	return db.Migrate(ctx, url)
}

// serverKey signs webhook addresses. In memory it lives as long as what they
// lead to.
func (t *Tandem) serverKey(ctx context.Context) ([]byte, error) {
	if t.db != nil {
		return t.db.ServerKey(ctx)
	}
	key := make([]byte, 32)
	_, err := rand.Read(key)
	return key, err
}

// accounts gives the store of people.
func (t *Tandem) accounts() auth.Store {
	if t.db != nil {
		return db.NewPeople(t.db.Pool())
	}
	return auth.Nobody{}
}

// dispatcher carries steps between processes; nil = the store does.
func (t *Tandem) dispatcher() engine.Dispatcher {
	if t.redis == nil {
		return nil
	}
	return t.redis
}

// ready reports whether the store answers.
func (t *Tandem) ready(ctx context.Context) error {
	if t.db == nil {
		return nil
	}
	return t.db.Ready(ctx)
}

// loadDefinitions stores the workflows of the Config.
func (t *Tandem) loadDefinitions(ctx context.Context) error {
	if t.config.Definitions != nil {
		if err := fs.WalkDir(t.config.Definitions, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)) {
				return err
			}
			source, err := fs.ReadFile(t.config.Definitions, name)
			if err != nil {
				return err
			}
			return t.loadDefinition(ctx, name, source)
		}); err != nil {
			return err
		}
	}
	for i, value := range t.config.Documents {
		source, err := documentOf(value)
		if err != nil {
			return fmt.Errorf("tandem: Config.Documents[%d]: %w", i, err)
		}
		if err := t.loadDefinition(ctx, fmt.Sprintf("Config.Documents[%d]", i), source); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tandem) loadDefinition(ctx context.Context, name string, source []byte) error {
	if _, err := t.Apply(ctx, source); err != nil {
		for _, p := range Problems(err) {
			err = fmt.Errorf("%w\n%s:%d:%d: %s", err, name, p.Line, p.Column, p.Message)
		}
		return fmt.Errorf("tandem: %s: %w", name, err)
	}
	return nil
}

// documentOf gives a workflow document of a Go value: text as it is, everything
// else as JSON.
func documentOf(value any) ([]byte, error) {
	switch v := value.(type) {
	case []byte:
		return v, nil
	case string:
		return []byte(v), nil
	case json.RawMessage:
		return v, nil
	}
	return json.Marshal(value)
}
