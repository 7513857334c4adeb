package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// operationColumns are the columns that scanOperation reads.
const operationColumns = `id, tenant_id, action, params, actor, status, total, done, failed, errors, takes, created_at, finished_at`

func scanOperation(row pgx.CollectableRow) (op engine.Operation, err error) {
	var params, actor, refusals []byte
	err = row.Scan(&op.ID, &op.Tenant, &op.Action, &params, &actor, &op.Status, &op.Total, &op.Done, &op.Failed, &refusals,
		&op.Takes, &op.CreatedAt, &op.FinishedAt)
	if err != nil {
		return op, err
	}
	return op, errors.Join(json.Unmarshal(params, &op.Params), json.Unmarshal(actor, &op.Actor), unlessNull(refusals, &op.Errors))
}

func unlessNull(raw []byte, into any) error {
	if raw == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}

// forgetOperations bounds how many old operations go with one that is created.
const forgetOperations = 20

// CreateOperation implements engine.OperationStore.
func (d *DB) CreateOperation(ctx context.Context, op engine.Operation, ids []uuid.UUID, f *engine.InstanceFilter, key *workflow.RequestKey) (engine.Operation, []uuid.UUID, error) {
	var unseen []uuid.UUID
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		if err := insertOperation(ctx, tx, op); err != nil {
			return err
		}
		n, err := d.addItems(ctx, tx, op, ids, f)
		if err != nil {
			return err
		}
		if unseen, err = unseenOf(ctx, tx, op.ID, ids); err != nil {
			return err
		}
		op.Refuse(unseen)
		op.Total = n + len(unseen)
		if _, err = tx.Exec(ctx, `UPDATE operations SET total = $2, failed = $3, errors = $4 WHERE id = $1`, op.ID, op.Total, op.Failed, mustJSON(op.Errors)); err != nil {
			return err
		}
		return errors.Join(claimKey(ctx, tx, key, uuid.Nil), writeRecords(ctx, tx, op.Begun()))
	})
	var refusal *workflow.Error
	if errors.As(err, &refusal) {
		return engine.Operation{}, nil, err
	}
	if err != nil {
		return engine.Operation{}, nil, wrap("create operation", err)
	}
	return op, unseen, nil
}

func insertOperation(ctx context.Context, tx pgx.Tx, op engine.Operation) error {
	_, err := tx.Exec(ctx, `DELETE FROM operations WHERE id IN (
		SELECT id FROM operations WHERE finished_at < now() - $1::interval ORDER BY finished_at LIMIT $2)`, engine.KeepOperations, forgetOperations)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO operations (id, tenant_id, action, params, actor, status, total, created_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)`,
		op.ID, op.Tenant, op.Action, mustJSON(op.Params), mustJSON(op.Actor), op.Status, op.Actor.ID, op.CreatedAt)
	return err
}

// addItems adds the instances that the actor may see, without bringing them
// here.
func (d *DB) addItems(ctx context.Context, tx pgx.Tx, op engine.Operation, ids []uuid.UUID, f *engine.InstanceFilter) (int, error) {
	var c conditions
	id := c.arg(op.ID)
	c.addVisible(op.Actor)
	if f != nil {
		c.addInstanceFilter(op.Actor, *f)
		rest, err := d.addUnsearched(ctx, &c, op.Tenant, *f)
		if err != nil {
			return 0, err
		}
		for _, one := range rest {
			c.add(c.searched(op.Tenant, one.DataFilter))
		}
	} else {
		c.add("i.id = ANY (?)", ids)
	}
	sql := fmt.Sprintf(`INSERT INTO operation_items (operation_id, instance_id)
		SELECT %s, i.id FROM instances AS i%s WHERE %s LIMIT %d`, id, withTitle, c.String(), engine.MaxBulk+1)
	tag, err := tx.Exec(ctx, sql, c.args...)
	if err != nil {
		return 0, err
	}
	if tag.RowsAffected() > engine.MaxBulk {
		return 0, engine.ErrTooManyInstances
	}
	return int(tag.RowsAffected()), nil
}

func unseenOf(ctx context.Context, tx pgx.Tx, id uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, _ := tx.Query(ctx, `SELECT x.id FROM unnest($2::uuid[]) AS x(id)
		WHERE NOT EXISTS (SELECT FROM operation_items AS o WHERE o.operation_id = $1 AND o.instance_id = x.id) ORDER BY x.id`, id, ids)
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// mustJSON encodes values of our own, which always encode.
func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("db: encode %T: %v", v, err))
	}
	return raw
}

// Operation implements engine.OperationStore.
func (d *DB) Operation(ctx context.Context, tenant string, id uuid.UUID) (engine.Operation, error) {
	op, found, err := operation(ctx, d.of(tenant), `SELECT `+operationColumns+` FROM operations WHERE tenant_id = $1 AND id = $2`, tenant, id)
	if err == nil && !found {
		err = workflow.ErrOperationNotFound
	}
	return op, err
}

// operationLines are operationColumns of a list: errors are left out.
const operationLines = `o.id, o.tenant_id, o.action, o.params, o.actor, o.status, o.total, o.done, o.failed, NULL::json, o.takes, o.created_at, o.finished_at`

// Operations implements engine.OperationStore.
func (d *DB) Operations(ctx context.Context, tenant string, f engine.OperationFilter, p engine.Paging) (engine.Page[engine.Operation], error) {
	l := &listing[engine.Operation, ageKey]{
		tenant: tenant, name: "operations", order: "o.created_at DESC, o.id DESC",
		table: "operations AS o", alias: "o", keys: "o.id, o.created_at", columns: operationLines,
		scan: scanOperation, key: func(op engine.Operation) ageKey { return ageKey{op.CreatedAt, op.ID} },
		after: func(c *conditions, last ageKey) { c.add("(o.created_at, o.id) < (?, ?)", last.At, last.ID) },
	}
	l.add("o.tenant_id = ?", tenant)
	addAmong(&l.conditions, "o.status", f.Statuses)
	addAmong(&l.conditions, "o.created_by", f.CreatedBy)
	return l.page(ctx, d, p)
}

func operation(ctx context.Context, from reading, sql string, args ...any) (op engine.Operation, found bool, err error) {
	rows, _ := from.Query(ctx, sql, args...)
	op, err = pgx.CollectOneRow(rows, scanOperation)
	if errors.Is(err, pgx.ErrNoRows) {
		return engine.Operation{}, false, nil
	}
	return op, err == nil, wrap("operation", err)
}

// ClaimOperation implements engine.OperationStore.
func (d *DB) ClaimOperation(ctx context.Context, process uuid.UUID, hold time.Duration) (engine.Operation, bool, error) {
	return operation(ctx, d.pool, `UPDATE operations SET lease_owner = $1, lease_until = now() + $2, takes = takes + 1
		WHERE id = (SELECT id FROM operations WHERE finished_at IS NULL AND (lease_until IS NULL OR lease_until < now())
			ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING `+operationColumns, process, hold)
}

// OperationBatch implements engine.OperationStore.
func (d *DB) OperationBatch(ctx context.Context, id uuid.UUID, limit int) ([]uuid.UUID, error) {
	rows, _ := d.pool.Query(ctx, `SELECT instance_id FROM operation_items WHERE operation_id = $1 ORDER BY instance_id LIMIT $2`, id, limit)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return ids, wrap("instances of an operation", err)
}

// AdvanceOperation implements engine.OperationStore. The row is updated before
// the items go: without it nothing goes.
func (d *DB) AdvanceOperation(ctx context.Context, process, id uuid.UUID, s engine.OperationStep, hold time.Duration) (engine.Operation, bool, error) {
	return operation(ctx, d.pool, `
		WITH held AS (
			UPDATE operations SET done = done + $3, failed = failed + $4, errors = $5, lease_until = now() + $6,
				status = CASE WHEN NOT $7 THEN status WHEN status = 'canceling' THEN 'canceled' ELSE 'completed' END,
				finished_at = CASE WHEN $7 THEN now() END
			WHERE id = $2 AND lease_owner = $1 AND finished_at IS NULL
			RETURNING `+operationColumns+`
		), settled AS (
			DELETE FROM operation_items AS o USING held WHERE o.operation_id = held.id AND ($7 OR o.instance_id = ANY ($8))
		)
		SELECT `+operationColumns+` FROM held`,
		process, id, s.Done, s.Failed, mustJSON(s.Errors), hold, s.Finished, s.Settled)
}

// CancelOperation implements engine.OperationStore.
func (d *DB) CancelOperation(ctx context.Context, line workflow.Record, id uuid.UUID, key *workflow.RequestKey) (engine.Operation, error) {
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE operations SET status = 'canceling' WHERE tenant_id = $1 AND id = $2 AND status = 'running'`, line.Tenant, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() > 0 {
			err = writeRecords(ctx, tx, line)
		}
		return errors.Join(err, claimKey(ctx, tx, key, uuid.Nil))
	})
	if err != nil {
		return engine.Operation{}, wrap("cancel operation", err)
	}
	return d.Operation(ctx, line.Tenant, id)
}
