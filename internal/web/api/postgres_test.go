package api_test

import (
	"log/slog"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/notify"
	"tandem/internal/secret"
)

// onPostgres serves the API on a database of its own.
func onPostgres(t *testing.T) *house {
	t.Helper()
	store, err := db.Open(t.Context(), dbtest.URL(t, db.Migrate), db.Options{Process: uuid.Must(uuid.NewV7())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	keys, err := secret.ParseKeys(secret.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, store, store, func(h *house) {
		h.pool = store.Pool()
		h.notify = notify.New(notify.Config{
			Store: db.NewSubscriptions(store.Pool()), Vault: secret.New(db.NewSecrets(store.Pool()), keys, nil), Client: http.DefaultClient,
			Watch: func() (<-chan struct{}, func()) { return h.engine.Watch(uuid.Nil) }, Log: slog.New(slog.DiscardHandler),
		})
	})
}

func TestAPI_RoundTripOnPostgres(t *testing.T) {
	t.Parallel()
	roundTrip(t, onPostgres(t))
}

func TestAPI_GarbageOnPostgres(t *testing.T) {
	t.Parallel()
	garbage(t, onPostgres(t), 15)
}
