package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"tandem/internal/auth"
)

// factorColumns are the columns of second_factors that scanFactor reads.
const factorColumns = `tenant_id, login, key_id, nonce, ciphertext, created_at, confirmed_at, last_step, salt, recovery`

func scanFactor(row pgx.CollectableRow) (f auth.SecondFactor, err error) {
	err = row.Scan(&f.Tenant, &f.Login, &f.Box.KeyID, &f.Box.Nonce, &f.Box.Ciphertext,
		&f.CreatedAt, &f.ConfirmedAt, &f.LastStep, &f.Salt, &f.Recovery)
	return f, err
}

// SecondFactor implements auth.Store.
func (p *People) SecondFactor(ctx context.Context, tenant, login string) (auth.SecondFactor, error) {
	return p.factor(ctx, tenant, login, "")
}

// LockSecondFactor implements auth.Writer.
func (p *People) LockSecondFactor(ctx context.Context, tenant, login string) (auth.SecondFactor, error) {
	return p.factor(ctx, tenant, login, " FOR UPDATE")
}

func (p *People) factor(ctx context.Context, tenant, login, lock string) (auth.SecondFactor, error) {
	rows, _ := p.q.Query(ctx, `SELECT `+factorColumns+` FROM second_factors WHERE tenant_id = $1 AND login = $2`+lock, tenant, login)
	f, err := pgx.CollectExactlyOneRow(rows, scanFactor)
	if errors.Is(err, pgx.ErrNoRows) {
		return auth.SecondFactor{}, auth.ErrNoSecondFactor
	}
	return f, wrap("second factor of "+login, err)
}

// SecondFactors implements auth.Store.
func (p *People) SecondFactors(ctx context.Context, tenant, after string, limit int) ([]auth.SecondFactor, error) {
	rows, _ := p.q.Query(ctx, `
		SELECT `+factorColumns+` FROM second_factors WHERE tenant_id = $1 AND login > $2 ORDER BY login LIMIT $3`, tenant, after, limit)
	list, err := pgx.CollectRows(rows, scanFactor)
	return list, wrap("second factors", err)
}

// SaveSecondFactor implements auth.Writer.
func (p *People) SaveSecondFactor(ctx context.Context, f auth.SecondFactor) error {
	if f.Recovery == nil {
		f.Recovery = [][]byte{}
	}
	_, err := p.q.Exec(ctx, `
		INSERT INTO second_factors (`+factorColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (tenant_id, login) DO UPDATE SET
			key_id = excluded.key_id, nonce = excluded.nonce, ciphertext = excluded.ciphertext, created_at = excluded.created_at,
			confirmed_at = excluded.confirmed_at, last_step = excluded.last_step, salt = excluded.salt, recovery = excluded.recovery`,
		f.Tenant, f.Login, f.Box.KeyID, f.Box.Nonce, f.Box.Ciphertext, f.CreatedAt, f.ConfirmedAt, f.LastStep, f.Salt, f.Recovery)
	return wrap("save second factor of "+f.Login, err)
}

// ResealSecondFactor implements auth.Store.
func (p *People) ResealSecondFactor(ctx context.Context, f auth.SecondFactor, was []byte) error {
	_, err := p.q.Exec(ctx, `
		UPDATE second_factors SET key_id = $3, nonce = $4, ciphertext = $5 WHERE tenant_id = $1 AND login = $2 AND nonce = $6`,
		f.Tenant, f.Login, f.Box.KeyID, f.Box.Nonce, f.Box.Ciphertext, was)
	return wrap("reseal second factor of "+f.Login, err)
}

// DeleteSecondFactor implements auth.Writer.
func (p *People) DeleteSecondFactor(ctx context.Context, tenant, login string) error {
	_, err := p.q.Exec(ctx, `DELETE FROM second_factors WHERE tenant_id = $1 AND login = $2`, tenant, login)
	return wrap("delete second factor of "+login, err)
}
