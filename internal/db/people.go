package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/internal/auth"
	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var (
	_ auth.Store  = (*People)(nil)
	_ auth.Writer = (*People)(nil)
)

// People keeps accounts, groups and tokens. It is safe for concurrent use.
type People struct {
	pool *pgxpool.Pool
	q    statements // the pool, or the transaction of a Change
}

// statements are what a pool and a transaction have in common.
type statements interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// NewPeople returns the People of a database.
func NewPeople(pool *pgxpool.Pool) *People { return &People{pool: pool, q: pool} }

// Change implements auth.Store. The key of the context's request is stored with
// it.
func (p *People) Change(ctx context.Context, r *auth.Record, do func(auth.Writer) error) error {
	err := pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		if err := do(&People{pool: p.pool, q: tx}); err != nil {
			return err
		}
		line, err := r.Line()
		if err != nil {
			return err
		}
		registerTypes(tx.Conn().TypeMap()) // the pool may be another's
		if err := writeRecords(ctx, tx, line); err != nil {
			return err
		}
		return claimKey(ctx, tx, engine.KeyOf(ctx), uuid.Nil)
	})
	return wrap(r.Action, err)
}

// userColumns are the columns of users u that scanUser reads, groups included:
// one query tells all of a person's rights.
const userColumns = `u.tenant_id, u.login, u.name, u.email, u.lang, coalesce(u.password_hash, ''), u.roles,
	ARRAY(SELECT m.group_name FROM memberships m
	      WHERE m.tenant_id = u.tenant_id AND m.login = u.login ORDER BY m.group_name),
	u.created_at, coalesce(u.disabled_at, (SELECT h.disabled_at FROM users h WHERE h.tenant_id = u.home_tenant AND h.login = u.login)),
	u.deleted_at, ` + standsFor + `, coalesce(u.home_tenant, ''), ` + otherTenants + `,
	EXISTS (SELECT FROM tenants t WHERE t.tenant_id = u.tenant_id AND t.deactivated_at IS NOT NULL)`

func userTargets(u *auth.User) []any {
	return []any{
		&u.Tenant, &u.Login, &u.Name, &u.Email, &u.Lang, &u.PasswordHash, &u.Roles, &u.Groups,
		&u.CreatedAt, &u.DisabledAt, &u.DeletedAt, &u.StandsFor, &u.Home, &u.Tenants, &u.TenantClosed,
	}
}

func scanUser(row pgx.CollectableRow) (u auth.User, err error) {
	err = row.Scan(userTargets(&u)...)
	return u, err
}

// UserByLogin implements auth.Store.
func (p *People) UserByLogin(ctx context.Context, tenant, login string) (auth.User, error) {
	return p.user(ctx, tenant, login, "")
}

// LockUser implements auth.Writer.
func (p *People) LockUser(ctx context.Context, tenant, login string) (auth.User, error) {
	return p.user(ctx, tenant, login, " FOR UPDATE OF u")
}

func (p *People) user(ctx context.Context, tenant, login, lock string) (auth.User, error) {
	rows, _ := p.q.Query(ctx, `SELECT `+userColumns+` FROM users u WHERE u.tenant_id = $1 AND u.login = $2`+lock, tenant, login)
	u, err := pgx.CollectExactlyOneRow(rows, scanUser)
	if errors.Is(err, pgx.ErrNoRows) {
		return auth.User{}, auth.ErrUserNotFound
	}
	return u, wrap("user "+login, err)
}

// Names implements auth.Store.
func (p *People) Names(ctx context.Context, tenant string, logins []string) (map[string]string, error) {
	names := make(map[string]string, len(logins))
	var login, name string
	rows, _ := p.q.Query(ctx, `SELECT u.login, u.name FROM users u WHERE u.tenant_id = $1 AND u.login = ANY ($2)`, tenant, logins)
	_, err := pgx.ForEachRow(rows, []any{&login, &name}, func() error { names[login] = name; return nil })
	return names, wrap("names of people", err)
}

// Users implements auth.Store.
func (p *People) Users(ctx context.Context, f auth.UserFilter) ([]auth.User, error) {
	rows, _ := p.q.Query(ctx, `
		SELECT `+userColumns+` FROM users u `+usersOfFilter+` AND u.login > $6 ORDER BY u.login LIMIT $7`,
		append(userFilterArgs(f), f.After, f.Limit)...)
	users, err := pgx.CollectRows(rows, scanUser)
	return users, wrap("users", err)
}

// usersOfFilter chooses the users u of userFilterArgs.
const usersOfFilter = `
	WHERE u.tenant_id = $1
	  AND ($2 = '' OR EXISTS (SELECT FROM memberships g
	       WHERE g.tenant_id = u.tenant_id AND g.login = u.login AND g.group_name = $2))
	  AND ($3 = '' OR lower(u.login || ' ' || u.name || ' ' || u.email) LIKE $3)
	  AND ($4 = '' OR $4 = ANY (u.roles))
	  AND ($5 OR u.deleted_at IS NULL)`

func userFilterArgs(f auth.UserFilter) []any {
	return []any{f.Tenant, f.Group, containing(f.Query), string(f.Role), f.Deleted}
}

// CountUsers implements auth.Store.
func (p *People) CountUsers(ctx context.Context, f auth.UserFilter, most int) (n int, err error) {
	err = p.q.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM users u `+usersOfFilter+` LIMIT $6) few`,
		append(userFilterArgs(f), most)...).Scan(&n)
	return n, wrap("count users", err)
}

// containing is the pattern of texts that contain another, in small letters; it
// is empty for an empty one.
func containing(part string) string {
	if part == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(part)) + "%"
}

// AnyAdmin implements auth.Store.
func (p *People) AnyAdmin(ctx context.Context) (exists bool, err error) {
	err = p.q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM users WHERE 'admin' = ANY (roles))`).Scan(&exists)
	return exists, wrap("any admin", err)
}

// LockPeople implements auth.Writer.
func (p *People) LockPeople(ctx context.Context) (bool, error) {
	if _, err := p.q.Exec(ctx, `LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return false, wrap("lock people", err)
	}
	return p.AnyAdmin(ctx)
}

// LockAdmins implements auth.Writer. Rows are locked in order of login.
func (p *People) LockAdmins(ctx context.Context, tenant string) ([]string, error) {
	rows, _ := p.q.Query(ctx, `
		SELECT login FROM users WHERE tenant_id = $1 AND 'admin' = ANY (roles) AND disabled_at IS NULL
		ORDER BY login FOR UPDATE`, tenant)
	logins, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return logins, wrap("lock admins", err)
}

// InsertUser implements auth.Writer.
func (p *People) InsertUser(ctx context.Context, u auth.User) error {
	tag, err := p.q.Exec(ctx, `
		INSERT INTO users (tenant_id, login, name, email, lang, password_hash, roles, created_at, home_tenant)
		VALUES ($1, $2, $3, $4, $5, nullif($6, ''), $7, $8, nullif($9, ''))
		ON CONFLICT (tenant_id, login) DO NOTHING`,
		u.Tenant, u.Login, u.Name, u.Email, u.Lang, u.PasswordHash, roleNames(u.Roles), u.CreatedAt, u.Home)
	switch {
	case violates(err, codeForeignKey) && u.Home == "": // of what it refers to there is the tenant alone
		return auth.ErrTenantNotFound
	case err != nil:
		return wrap("insert user "+u.Login, err)
	case tag.RowsAffected() == 0:
		return auth.ErrLoginTaken
	}
	return wrap("insert user "+u.Login, p.insertMemberships(ctx, u.Tenant, u.Login, u.Groups))
}

// insertMemberships puts a person into groups, which are made when absent.
// Groups are locked in order of name.
func (p *People) insertMemberships(ctx context.Context, tenant, login string, groups []string) error {
	if len(groups) == 0 {
		return nil
	}
	_, err := p.q.Exec(ctx, `
		INSERT INTO groups (tenant_id, name, title)
		SELECT $1, g, g FROM unnest($2::text[]) g ORDER BY g
		ON CONFLICT (tenant_id, name) DO NOTHING`, tenant, groups)
	if err != nil {
		return fmt.Errorf("insert groups: %w", err)
	}
	_, err = p.q.Exec(ctx, `
		INSERT INTO memberships (tenant_id, login, group_name)
		SELECT $1, $2, g FROM unnest($3::text[]) g ORDER BY g
		ON CONFLICT (tenant_id, login, group_name) DO NOTHING`, tenant, login, groups)
	if err != nil {
		return fmt.Errorf("insert memberships: %w", err)
	}
	return nil
}

// UpdateUser implements auth.Writer.
func (p *People) UpdateUser(ctx context.Context, tenant, login string, c auth.Change) error {
	tag, err := p.q.Exec(ctx, `
		UPDATE users SET
			name          = coalesce($3, name),
			email         = coalesce($4, email),
			lang          = coalesce($5, lang),
			password_hash = coalesce($6, password_hash),
			roles         = coalesce($7, roles),
			disabled_at   = CASE WHEN $8::boolean IS NULL THEN disabled_at
			                     WHEN $8 THEN coalesce(disabled_at, now()) END
		WHERE tenant_id = $1 AND login = $2`,
		tenant, login, c.Name, c.Email, c.Lang, c.PasswordHash, roleNames(c.Roles), c.Disabled)
	switch {
	case err != nil:
		return wrap("update user "+login, err)
	case tag.RowsAffected() == 0:
		return auth.ErrUserNotFound
	case c.Groups == nil:
		return nil
	}
	_, err = p.q.Exec(ctx, `DELETE FROM memberships WHERE tenant_id = $1 AND login = $2 AND group_name <> ALL ($3)`,
		tenant, login, *c.Groups)
	if err != nil {
		return wrap("update user "+login, err)
	}
	return wrap("update user "+login, p.insertMemberships(ctx, tenant, login, *c.Groups))
}

// WipeUser implements auth.Writer.
func (p *People) WipeUser(ctx context.Context, tenant, login string, now time.Time) error {
	for _, sql := range []string{
		`DELETE FROM substitutes WHERE tenant_id = $1 AND $2 IN (login, substitute)`,
		`DELETE FROM memberships WHERE tenant_id = $1 AND login = $2`,
		`DELETE FROM account_links WHERE tenant_id = $1 AND login = $2`,
		`DELETE FROM second_factors WHERE tenant_id = $1 AND login = $2`,
	} {
		if _, err := p.q.Exec(ctx, sql, tenant, login); err != nil {
			return wrap("wipe user "+login, err)
		}
	}
	_, err := p.q.Exec(ctx, `
		UPDATE users SET name = login, email = '', lang = '', password_hash = NULL, roles = '{user}',
			disabled_at = coalesce(disabled_at, $3), deleted_at = $3
		WHERE tenant_id = $1 AND login = $2`, tenant, login, now)
	return wrap("wipe user "+login, err)
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
