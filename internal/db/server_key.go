package db

import (
	"context"
	"crypto/rand"
)

// ServerKey returns the 32 secret bytes that all processes on this database
// share; the first to ask makes them.
func (d *DB) ServerKey(ctx context.Context) ([]byte, error) {
	fresh := make([]byte, 32)
	rand.Read(fresh)
	if _, err := d.pool.Exec(ctx, `INSERT INTO server_keys (key) VALUES ($1) ON CONFLICT DO NOTHING`, fresh); err != nil {
		return nil, wrap("make the server's key", err)
	}
	var key []byte
	err := d.pool.QueryRow(ctx, `SELECT key FROM server_keys`).Scan(&key)
	return key, wrap("read the server's key", err)
}
