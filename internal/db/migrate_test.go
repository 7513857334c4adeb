package db_test

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/google/uuid"

	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/workflow"
)

func TestMigrate(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, nil)
	if pending, err := db.Pending(t.Context(), url); err != nil || !pending {
		t.Errorf("Pending of an empty database = %v, %v, want true", pending, err)
	}
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() { errs[i] = db.Migrate(t.Context(), url) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Errorf("Migrate, three times at once = %v", err)
	}
	if pending, err := db.Pending(t.Context(), url); err != nil || pending {
		t.Errorf("Pending after Migrate = %v, %v, want false", pending, err)
	}
}

func TestOpen_unreachable(t *testing.T) {
	t.Parallel()
	nowhere := "host=" + os.TempDir() + "/" + uuid.NewString() + " user=nobody dbname=none"
	if _, err := db.Open(t.Context(), nowhere, db.Options{}); workflow.KindOf(err) != workflow.KindUnavailable {
		t.Errorf("Open = %v, want an error of KindUnavailable", err)
	}
	if err := db.Migrate(t.Context(), nowhere); workflow.KindOf(err) != workflow.KindUnavailable {
		t.Errorf("Migrate = %v, want an error of KindUnavailable", err)
	}
	if _, err := db.Open(t.Context(), "port=none", db.Options{}); err == nil || workflow.KindOf(err) != workflow.KindInternal {
		t.Errorf("Open of a malformed address = %v, want another error", err)
	}
}
