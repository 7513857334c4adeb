package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/auth"
	"tandem/internal/workflow"
)

var _ auth.Store = (*People)(nil)

// People keeps accounts, groups and tokens. It is safe for concurrent use.
type People struct {
	pool *pgxpool.Pool
}

// NewPeople returns the People of a database.
func NewPeople(pool *pgxpool.Pool) *People { return &People{pool: pool} }

// userColumns are the columns of users u that scanUser reads, groups included:
// one query tells all of a person's rights.
const userColumns = `u.tenant_id, u.login, u.name, u.email, coalesce(u.password_hash, ''), u.roles,
	ARRAY(SELECT m.group_name FROM memberships m
	      WHERE m.tenant_id = u.tenant_id AND m.login = u.login ORDER BY m.group_name),
	u.created_at, u.disabled_at`

func userTargets(u *auth.User) []any {
	return []any{&u.Tenant, &u.Login, &u.Name, &u.Email, &u.PasswordHash, &u.Roles, &u.Groups, &u.CreatedAt, &u.DisabledAt}
}

func scanUser(row pgx.CollectableRow) (u auth.User, err error) {
	err = row.Scan(userTargets(&u)...)
	return u, err
}

// InsertUser implements auth.Store.
func (p *People) InsertUser(ctx context.Context, u auth.User) error {
	err := pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO users (tenant_id, login, name, email, password_hash, roles, created_at)
			VALUES ($1, $2, $3, $4, nullif($5, ''), $6, $7)
			ON CONFLICT (tenant_id, login) DO NOTHING`,
			u.Tenant, u.Login, u.Name, u.Email, u.PasswordHash, roleNames(u.Roles), u.CreatedAt)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return auth.ErrLoginTaken
		}
		return insertMemberships(ctx, tx, u.Tenant, u.Login, u.Groups)
	})
	return wrap("insert user "+u.Login, err)
}

// insertMemberships puts a person into groups, which are made when absent.
// Groups are locked in order of name.
func insertMemberships(ctx context.Context, tx pgx.Tx, tenant, login string, groups []string) error {
	if len(groups) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO groups (tenant_id, name, title)
		SELECT $1, g, g FROM unnest($2::text[]) g ORDER BY g
		ON CONFLICT (tenant_id, name) DO NOTHING`, tenant, groups)
	if err != nil {
		return fmt.Errorf("insert groups: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO memberships (tenant_id, login, group_name)
		SELECT $1, $2, g FROM unnest($3::text[]) g ORDER BY g
		ON CONFLICT (tenant_id, login, group_name) DO NOTHING`, tenant, login, groups)
	if err != nil {
		return fmt.Errorf("insert memberships: %w", err)
	}
	return nil
}

// UpdateUser implements auth.Store.
func (p *People) UpdateUser(ctx context.Context, tenant, login string, c auth.Change) error {
	err := pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE users SET
				name          = coalesce($3, name),
				email         = coalesce($4, email),
				password_hash = coalesce($5, password_hash),
				roles         = coalesce($6, roles),
				disabled_at   = CASE WHEN $7::boolean IS NULL THEN disabled_at
				                     WHEN $7 THEN coalesce(disabled_at, now()) END
			WHERE tenant_id = $1 AND login = $2`,
			tenant, login, c.Name, c.Email, c.PasswordHash, roleNames(c.Roles), c.Disabled)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return auth.ErrUserNotFound
		}
		if c.Groups == nil {
			return nil
		}
		_, err = tx.Exec(ctx, `DELETE FROM memberships WHERE tenant_id = $1 AND login = $2 AND group_name <> ALL ($3)`,
			tenant, login, *c.Groups)
		if err != nil {
			return fmt.Errorf("delete memberships: %w", err)
		}
		return insertMemberships(ctx, tx, tenant, login, *c.Groups)
	})
	return wrap("update user "+login, err)
}

// UserByLogin implements auth.Store.
func (p *People) UserByLogin(ctx context.Context, tenant, login string) (auth.User, error) {
	rows, _ := p.pool.Query(ctx, `SELECT `+userColumns+` FROM users u WHERE u.tenant_id = $1 AND u.login = $2`, tenant, login)
	u, err := pgx.CollectExactlyOneRow(rows, scanUser)
	if errors.Is(err, pgx.ErrNoRows) {
		return auth.User{}, auth.ErrUserNotFound
	}
	return u, wrap("user "+login, err)
}

// Users implements auth.Store.
func (p *People) Users(ctx context.Context, f auth.UserFilter) ([]auth.User, error) {
	rows, _ := p.pool.Query(ctx, `
		SELECT `+userColumns+` FROM users u
		WHERE u.tenant_id = $1 AND u.login > $2
		  AND ($3 = '' OR EXISTS (SELECT FROM memberships g
		       WHERE g.tenant_id = u.tenant_id AND g.login = u.login AND g.group_name = $3))
		ORDER BY u.login LIMIT $4`, f.Tenant, f.After, f.Group, f.Limit)
	users, err := pgx.CollectRows(rows, scanUser)
	return users, wrap("users", err)
}

// SaveGroup implements auth.Store.
func (p *People) SaveGroup(ctx context.Context, g auth.Group) error {
	_, err := p.pool.Exec(ctx, `
		INSERT INTO groups (tenant_id, name, title) VALUES ($1, $2, $3)
		ON CONFLICT (tenant_id, name) DO UPDATE SET title = excluded.title`, g.Tenant, g.Name, g.Title)
	return wrap("save group "+g.Name, err)
}

// Groups implements auth.Store.
func (p *People) Groups(ctx context.Context, tenant, after string, limit int) ([]auth.Group, error) {
	rows, _ := p.pool.Query(ctx, `
		SELECT g.tenant_id, g.name, g.title,
			(SELECT count(*) FROM memberships m WHERE m.tenant_id = g.tenant_id AND m.group_name = g.name)
		FROM groups g WHERE g.tenant_id = $1 AND g.name > $2 ORDER BY g.name LIMIT $3`, tenant, after, limit)
	groups, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (g auth.Group, err error) {
		err = row.Scan(&g.Tenant, &g.Name, &g.Title, &g.Members)
		return g, err
	})
	return groups, wrap("groups", err)
}

// GroupExists implements auth.Store.
func (p *People) GroupExists(ctx context.Context, tenant, name string) (exists bool, err error) {
	err = p.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM groups WHERE tenant_id = $1 AND name = $2)`, tenant, name).Scan(&exists)
	return exists, wrap("group "+name, err)
}

// roleNames gives roles as the text that Postgres stores, nil for nil.
func roleNames(roles []workflow.Role) []string {
	if roles == nil {
		return nil
	}
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return names
}

// violates reports whether err says that a row would break the named kind of
// constraint, by SQLSTATE.
func violates(err error, code string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == code
}
