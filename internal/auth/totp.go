package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// What apps for codes understand everywhere: RFC 6238 with SHA-1, six digits,
// half a minute.
const (
	codePeriod = 30 * time.Second
	codeDigits = otp.DigitsSix
	codeSkew   = 1  // steps that a clock may be off, either way
	seedSize   = 20 // bytes of a secret: as long as the hash
)

// Recovery codes have 80 random bits, four groups of letters and digits.
const (
	recoveryCodes = 10
	recoveryBytes = 10
	recoveryGroup = 4
)

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// newSeed makes the secret that an app shares, in base32.
func newSeed() string {
	raw := make([]byte, seedSize)
	rand.Read(raw) // never fails: it ends the program instead
	return base32Text.EncodeToString(raw)
}

// codeStep gives the step whose code was typed, if it is one of those around a
// time and after the last that was taken; ok is false for any other code.
func codeStep(seed, code string, at time.Time, last int64) (step int64, ok bool) {
	now := at.Unix() / int64(codePeriod/time.Second)
	for s := now - codeSkew; s <= now+codeSkew; s++ {
		want, err := codeOf(seed, s)
		if err != nil || s < 0 {
			continue
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && s > last {
			step, ok = s, true
		}
	}
	return step, ok
}

// codeOf gives the code of a step.
func codeOf(seed string, step int64) (string, error) {
	return hotp.GenerateCodeCustom(seed, uint64(step), hotp.ValidateOpts{Digits: codeDigits, Algorithm: otp.AlgorithmSHA1})
}

// plainCode is a code without what people and apps put between its characters.
func plainCode(typed string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.TrimSpace(typed)))
}

// newRecovery makes recovery codes, as people write them, and their hashes.
func newRecovery(salt []byte) (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		raw := make([]byte, recoveryBytes)
		rand.Read(raw)
		text := strings.ToLower(base32Text.EncodeToString(raw))
		groups := slices.Collect(slices.Chunk([]byte(text), recoveryGroup))
		parts := make([]string, len(groups))
		for i, g := range groups {
			parts[i] = string(g)
		}
		codes = append(codes, strings.Join(parts, "-"))
		hashes = append(hashes, recoveryHash(salt, text))
	}
	return codes, hashes
}

// recoveryHash needs no slow function: the code is random and long.
func recoveryHash(salt []byte, code string) []byte {
	sum := sha256.Sum256(append(slices.Clone(salt), plainCode(code)...))
	return sum[:]
}

// useRecovery takes a recovery code from the rest of them; ok is false when it is
// none of those that are left.
func useRecovery(salt []byte, left [][]byte, code string) (rest [][]byte, ok bool) {
	hash, at := recoveryHash(salt, code), -1
	for i, h := range left {
		if subtle.ConstantTimeCompare(h, hash) == 1 {
			at = i
		}
	}
	if at < 0 {
		return left, false
	}
	return slices.Delete(slices.Clone(left), at, at+1), true
}
