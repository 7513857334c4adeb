package db

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/secret"
	"tandem/internal/workflow"
)

var _ secret.Store = (*Secrets)(nil)

// Secrets keeps sealed secrets.
type Secrets struct{ pool *pgxpool.Pool }

// NewSecrets returns the store of secrets on the connections of a pool.
func NewSecrets(pool *pgxpool.Pool) *Secrets { return &Secrets{pool: pool} }

// secretColumns are the columns that scanSecret reads.
const secretColumns = `tenant_id, name, key_id, nonce, ciphertext, definitions, hosts, created_by, created_at, updated_by, updated_at`

func scanSecret(row pgx.CollectableRow) (s secret.Sealed, err error) {
	err = row.Scan(&s.Tenant, &s.Name, &s.KeyID, &s.Nonce, &s.Ciphertext, &s.Definitions, &s.Hosts,
		&s.CreatedBy, &s.CreatedAt, &s.UpdatedBy, &s.UpdatedAt)
	return s, err
}

// SaveSecret implements secret.Store.
func (d *Secrets) SaveSecret(ctx context.Context, s secret.Sealed, line workflow.Record) error {
	err := recorded(ctx, d.pool, line, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
		INSERT INTO secrets (`+secretColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (tenant_id, name) DO UPDATE SET
			key_id = excluded.key_id, nonce = excluded.nonce, ciphertext = excluded.ciphertext,
			definitions = excluded.definitions, hosts = excluded.hosts,
			updated_by = excluded.updated_by, updated_at = excluded.updated_at`,
			s.Tenant, s.Name, s.KeyID, s.Nonce, s.Ciphertext, s.Definitions, s.Hosts, s.CreatedBy, s.CreatedAt, s.UpdatedBy, s.UpdatedAt)
		return err
	})
	return wrap("save secret "+s.Name, err)
}

// ResealSecret implements secret.Store.
func (d *Secrets) ResealSecret(ctx context.Context, s secret.Sealed, was []byte) error {
	_, err := d.pool.Exec(ctx, `
		UPDATE secrets SET key_id = $4, nonce = $5, ciphertext = $6
		WHERE tenant_id = $1 AND name = $2 AND nonce = $3`,
		s.Tenant, s.Name, was, s.KeyID, s.Nonce, s.Ciphertext)
	return wrap("reseal secret "+s.Name, err)
}

// SecretsByName implements secret.Store.
func (d *Secrets) SecretsByName(ctx context.Context, tenant string, names []string) ([]secret.Sealed, error) {
	rows, _ := d.pool.Query(ctx, `
		SELECT `+secretColumns+` FROM secrets WHERE tenant_id = $1 AND name = ANY($2) ORDER BY name COLLATE "C"`, tenant, names)
	list, err := pgx.CollectRows(rows, scanSecret)
	return list, wrap("secrets by name", err)
}

// Secrets implements secret.Store.
func (d *Secrets) Secrets(ctx context.Context, tenant, after string, limit int) ([]secret.Sealed, error) {
	rows, _ := d.pool.Query(ctx, `
		SELECT `+secretColumns+` FROM secrets
		WHERE tenant_id = $1 AND name COLLATE "C" > $2 ORDER BY name COLLATE "C" LIMIT $3`, tenant, after, limit)
	list, err := pgx.CollectRows(rows, scanSecret)
	return list, wrap("secrets", err)
}

// DeleteSecret implements secret.Store.
func (d *Secrets) DeleteSecret(ctx context.Context, tenant, name string, line workflow.Record) error {
	err := recorded(ctx, d.pool, line, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM secrets WHERE tenant_id = $1 AND name = $2`, tenant, name)
		if err == nil && tag.RowsAffected() == 0 {
			return secret.ErrNotFound
		}
		return err
	})
	return wrap("delete secret "+name, err)
}
