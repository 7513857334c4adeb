package auth

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"

	"tandem/internal/workflow"
)

// Limits of a password, in bytes. The upper one bounds the work that a request
// can ask for; the lower one is OWASP ASVS 2.1.1.
const (
	MinPassword = 12
	MaxPassword = 1024
)

// params cost 19 MiB of memory and two passes: OWASP's first recommendation for
// argon2id.
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobody is a hash of params' cost that no password has. It is checked where
// there is no account, so that the time of an answer does not tell which names
// exist.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// hasher hashes and checks passwords, a limited number at once: each takes
// 19 MiB and a core.
type hasher struct {
	places chan struct{}
	wait   time.Duration
	hashed atomic.Int64 // how often the function was run: each time it costs the same
}

func newHasher(atOnce int, wait time.Duration) *hasher {
	return &hasher{places: make(chan struct{}, atOnce), wait: wait}
}

// hash returns the encoded hash of a password, ErrBusy when no place became
// free in time.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	h.hashed.Add(1)
	encoded, err := argon2id.CreateHash(password, params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return encoded, nil
}

// verify reports whether the password has the hash. An empty hash never
// matches, and takes as long to say so as any other.
func (h *hasher) verify(ctx context.Context, password, encoded string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	known := encoded != ""
	if !known {
		encoded = nobody
	}
	h.hashed.Add(1)
	match, err := argon2id.ComparePasswordAndHash(password, encoded)
	if err != nil {
		return false, fmt.Errorf("verify password: %w", err)
	}
	return match && known, nil
}

func (h *hasher) enter(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.wait)
	defer cancel()
	select {
	case h.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ErrBusy
	}
}

func (h *hasher) leave() { <-h.places }

// checkPassword returns the fault of a password that someone wants to set, nil
// when it will do.
func checkPassword(password string) *workflow.Problem {
	switch {
	case len(password) < MinPassword:
		return problem("/password", "too_short", "Take a password of at least %d characters; a few words make a good one.", MinPassword)
	case len(password) > MaxPassword:
		return problem("/password", "too_long", "Take a password of at most %d characters.", MaxPassword)
	case breached(password):
		return problem("/password", "breached", "This password is known from thefts elsewhere and is among the first that are tried. Take another one; a few words make a good one.")
	}
	return nil
}
