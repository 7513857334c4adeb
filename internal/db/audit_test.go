package db

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/audit"
	"tandem/internal/workflow"
)

func auditLine(tenant, actor string) workflow.Record {
	at := time.Date(2026, 5, 4, 3, 2, 1, 7000, time.UTC)
	r := workflow.Actor{ID: actor, Tenant: tenant, Via: "session"}.Record(at, "user.create", "user", "mia")
	r.After = []byte(`{"name":  "Mia", "n": 1.50}`)
	return r
}

// sealed gives a database with 30 lines of two tenants under several seals.
func sealed(t *testing.T) *DB {
	t.Helper()
	d := openInternal(t)
	for i := range 10 {
		for _, tenant := range []string{"a", "b", "a"} {
			if err := d.WriteRecords(t.Context(), []workflow.Record{auditLine(tenant, fmt.Sprintf("p%d", i))}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.Seal(t.Context(), time.Now(), 2); err != nil {
			t.Fatal(err)
		}
	}
	for {
		n, err := d.Seal(t.Context(), time.Now(), 2)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return d
		}
	}
}

func TestAudit_chainHolds(t *testing.T) {
	t.Parallel()
	d := sealed(t)
	if err := d.WriteRecords(t.Context(), []workflow.Record{auditLine("a", "late")}); err != nil {
		t.Fatal(err)
	}
	for tenant, want := range map[string][2]int{"a": {20, 1}, "b": {10, 0}} {
		r, err := audit.Verify(t.Context(), d, tenant)
		if err != nil || len(r.Faults) > 0 || r.Lines != int64(want[0]) || r.Pending != want[1] || len(r.Head) != 32 {
			t.Errorf("Verify(%s) = %+v, %v; want %d lines, %d pending, no fault", tenant, r, err, want[0], want[1])
		}
	}
	tenants, err := d.AuditedTenants(t.Context())
	if err != nil || fmt.Sprint(tenants) != "[a b]" {
		t.Errorf("AuditedTenants = %v, %v", tenants, err)
	}
}

// The owner of the tables can switch the triggers off: the chain tells.
func TestAudit_tamperingIsFound(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ sql, fault string }{
		"changed":       {`UPDATE audit SET actor = 'eve' WHERE tenant_id = 'a' AND seq = (SELECT min(seq) FROM audit WHERE tenant_id = 'a')`, "seal 1 "},
		"a text moved":  {`UPDATE audit SET action = action || object, object = '' WHERE seq = (SELECT max(seq) FROM audit WHERE tenant_id = 'a')`, "does not fit"},
		"taken out":     {`DELETE FROM audit WHERE tenant_id = 'a' AND seq = (SELECT min(seq) + 3 FROM audit WHERE tenant_id = 'a')`, "is gone"},
		"put in":        {`INSERT INTO audit (tenant_id, at, actor, via, action, object, object_id) VALUES ('a', now(), 'eve', '', 'x', 'y', 'z')`, "belong to no seal"},
		"seal dropped":  {`DELETE FROM audit_seals WHERE tenant_id = 'a' AND no = 2`, "seal 2 is gone"},
		"tail cut":      {`DELETE FROM audit_seals WHERE tenant_id = 'a' AND no = (SELECT max(no) FROM audit_seals WHERE tenant_id = 'a')`, "belong to no seal"},
		"seal replaced": {`UPDATE audit_seals SET hash = sha256('eve') WHERE tenant_id = 'a' AND no = 1`, "seal 1 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := sealed(t)
			for _, sql := range []string{`ALTER TABLE audit DISABLE TRIGGER ALL`, `ALTER TABLE audit_seals DISABLE TRIGGER ALL`, tc.sql} {
				if _, err := d.pool.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			r, err := audit.Verify(t.Context(), d, "a")
			if err != nil || !strings.Contains(strings.Join(r.Faults, "\n"), tc.fault) {
				t.Errorf("Verify = %q, %v; want a fault with %q", r.Faults, err, tc.fault)
			}
			if other, err := audit.Verify(t.Context(), d, "b"); err != nil || len(other.Faults) > 0 {
				t.Errorf("the other tenant's chain: %q, %v", other.Faults, err)
			}
		})
	}
}

func TestAudit_isOnlyAddedTo(t *testing.T) {
	t.Parallel()
	d := sealed(t)
	for _, sql := range []string{
		`UPDATE audit SET actor = 'eve'`, `DELETE FROM audit`, `TRUNCATE audit`,
		`UPDATE audit_seals SET hash = sha256('x')`, `DELETE FROM audit_seals`, `TRUNCATE audit_seals`,
	} {
		if _, err := d.pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "only ever added to") {
			t.Errorf("%s: %v, want a refusal", sql, err)
		}
	}
}

// One process seals at a time; lines that commit late are sealed all the same.
func TestAudit_lateCommit(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	late, err := d.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer late.Rollback(context.WithoutCancel(t.Context()))
	if err := writeRecords(t.Context(), late, auditLine("a", "late")); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteRecords(t.Context(), []workflow.Record{auditLine("a", "early")}); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Seal(t.Context(), time.Now(), 10); n != 1 || err != nil {
		t.Fatalf("Seal = %d, %v; want the line that has committed", n, err)
	}
	if err := late.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Seal(t.Context(), time.Now(), 10); n != 1 || err != nil {
		t.Fatalf("Seal = %d, %v; want the late line", n, err)
	}
	r, err := audit.Verify(t.Context(), d, "a")
	if err != nil || len(r.Faults) > 0 || r.Seals != 2 || r.Lines != 2 {
		t.Errorf("Verify = %+v, %v", r, err)
	}
}

// A crash of the database empties audit_pending: what was in it is sealed all the
// same, by the next process or by one that goes on.
func TestAudit_crashLosesNoLine(t *testing.T) {
	t.Parallel()
	d := sealed(t)
	for range 3 {
		if err := d.WriteRecords(t.Context(), []workflow.Record{auditLine("a", "late"), auditLine("c", "new")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.pool.Exec(t.Context(), `TRUNCATE audit_pending`); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Seal(t.Context(), time.Now(), 100); n != 0 || err != nil {
		t.Fatalf("Seal = %d, %v; want nothing while the database goes on", n, err)
	}
	d.sealing.Store(nil)
	if n, err := d.Seal(t.Context(), time.Now(), 100); n != 6 || err != nil {
		t.Fatalf("Seal = %d, %v; want the 6 lines", n, err)
	}
	for _, tenant := range []string{"a", "b", "c"} {
		if r, err := audit.Verify(t.Context(), d, tenant); err != nil || len(r.Faults) > 0 {
			t.Errorf("Verify(%s) = %q, %v", tenant, r.Faults, err)
		}
	}
}

// Whatever writes to the audit is told to the sealer of every process.
func TestAudit_writtenIsTold(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	ctx, stop := context.WithCancel(t.Context())
	listening, done := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(done)
		_ = d.Listen(ctx, func([]uuid.UUID) { listening <- struct{}{} })
	}()
	defer func() { stop(); <-done }()
	<-listening
	heard := func(what string) {
		t.Helper()
		select {
		case <-d.Written():
		case <-time.After(10 * time.Second):
			t.Fatalf("nothing was heard of %s", what)
		}
	}
	heard("the beginning") // what was written before it listened
	if err := d.WriteRecords(t.Context(), []workflow.Record{auditLine("a", "p")}); err != nil {
		t.Fatal(err)
	}
	heard("a line")
	err := pgx.BeginFunc(t.Context(), d.pool, func(tx pgx.Tx) error { return writeRecords(t.Context(), tx, auditLine("a", "q")) })
	if err != nil {
		t.Fatal(err)
	}
	heard("a line in a transaction")
}
